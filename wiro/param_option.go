package wiro

// ParamOption is a choice of a select: Value is what to send.
type ParamOption struct {
	Label string `json:"label" wire:"text"`
	Value string `json:"value" wire:"text"`
}
