package transport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// object is a JSON object whose members are not decoded.
type object = map[string]json.RawMessage

// normalize brings the params of a request into the shapes that the protocol defines, if only
// one thing can be meant: clients send empty lists for empty objects, numbers for versions, and
// true for a capability. It returns what is wrong with params that cannot be used; "" for
// nothing. A cursor is wrong in any case: no list here has a second page.
func (m *message) normalize() (fault string) {
	if m.Method == "cancelled" && len(m.ID) == 0 { // the TypeScript SDK up to 1.0
		m.Method = string(mcp.MethodNotificationCancelled)
	}
	if kindOf(m.ID) == 'n' && strings.HasPrefix(m.Method, "notifications/") { // some write every member
		m.ID = nil
	}
	params, fault := objectOf(m.Params)
	if fault != "" {
		return `"params" must be an object.`
	}
	changed := !isObject(m.Params) && len(m.Params) > 0
	set := func(name string, value json.RawMessage) {
		if !bytes.Equal(params[name], value) {
			params[name], changed = value, true
		}
	}
	drop := func(name string) {
		if _, has := params[name]; has {
			delete(params, name)
			changed = true
		}
	}
	switch method := mcp.MCPMethod(m.Method); method {
	case mcp.MethodInitialize:
		for name, value := range initializeParams(params) {
			set(name, value)
		}
	case mcp.MethodToolsCall, mcp.MethodPromptsGet:
		if kindOf(params["name"]) != '"' {
			return `"name" must be a text: the name of the ` + map[bool]string{true: "tool.", false: "prompt."}[method == mcp.MethodToolsCall]
		}
		set("name", trimText(params["name"]))
		if len(params["name"]) > mcptool.MaxName {
			return fmt.Sprintf("There is no such %s: its name is longer than %d bytes.", map[bool]string{true: "tool", false: "prompt"}[method == mcp.MethodToolsCall], mcptool.MaxName)
		}
		if given, has := params["arguments"]; has {
			arguments, ok := argumentsOf(given)
			if !ok {
				return `"arguments" must be an object of names and values.`
			}
			if method == mcp.MethodPromptsGet {
				set("arguments", textMembers(arguments))
			} else {
				m.arguments = arguments
				drop("arguments")
			}
		}
		if !isObject(params["task"]) { // it is not used: an odd one does not matter
			drop("task")
		}
		if isEmptyList(params["inputResponses"]) {
			drop("inputResponses")
		}
		_, hasMeta := params["_meta"]
		m.bare = method == mcp.MethodToolsCall && (len(params) == 1 || len(params) == 2 && hasMeta)
	case mcp.MethodResourcesRead:
		if kindOf(params["uri"]) != '"' {
			return `"uri" must be a text: the address of the resource.`
		}
		set("uri", trimText(params["uri"]))
		if len(params["uri"]) > mcptool.MaxName {
			return fmt.Sprintf("There is no such resource: its address is longer than %d bytes.", mcptool.MaxName)
		}
	case mcp.MethodCompletionComplete:
		if len(m.Params) > maxCompletion {
			return "There is nothing to complete: the text is longer than any name."
		}
		if fault := normalizeCompletion(params); fault != "" {
			return fault
		}
		changed = true
	case mcp.MethodToolsList, mcp.MethodResourcesList, mcp.MethodResourcesTemplatesList, mcp.MethodPromptsList:
		switch cursor := strings.TrimSpace(string(params["cursor"])); cursor {
		case "", `""`, "null":
			drop("cursor")
		default:
			return `"cursor" is unknown: this server gave out none. Leave it out to get the whole list.`
		}
	}
	if meta, has := params["_meta"]; has {
		if fault := metaFault(meta); fault != "" {
			return fault
		}
		set("_meta", metaOf(meta))
		if members, _ := objectOf(params["_meta"]); isID(members["progressToken"]) {
			m.params.token = bytes.Clone(members["progressToken"]) // it outlasts the arguments, which lie beside it
		}
	}
	if changed {
		m.Params = encodeObject(params)
	}
	m.params.Name, _ = mcptool.TextOf(params["name"]) // the MCP server says what is wrong with it
	m.params.URI, _ = mcptool.TextOf(params["uri"])
	if meta, has := params["_meta"]; has {
		_ = json.Unmarshal(meta, &m.params.Meta)
	}
	return ""
}

const (
	maxCompletion = 4096 // bytes of the params of completion/complete
	maxMeta       = 16 << 10
)

// metaFault says what is wrong with a _meta that would come back with each notification, or
// that is larger than anything that belongs there.
func metaFault(value json.RawMessage) string {
	if len(value) > maxMeta {
		return fmt.Sprintf(`"_meta" is larger than %d KB.`, maxMeta>>10)
	}
	meta, _ := objectOf(value)
	if token, has := meta["progressToken"]; has && kindOf(token) != 'n' && !isID(token) {
		return `"progressToken" must be a text or a number, of 1 KB at most.`
	}
	return ""
}

// normalizeCompletion brings the params of completion/complete into shape.
func normalizeCompletion(params object) (fault string) {
	ref, _ := objectOf(params["ref"])
	var kind string
	_ = json.Unmarshal(ref["type"], &kind) // anything else is none
	if kind != "ref/prompt" && kind != "ref/resource" {
		return `"ref" must be {"type":"ref/prompt","name":…} or {"type":"ref/resource","uri":…}.`
	}
	if _, fault := objectOf(params["argument"]); fault != "" {
		return `"argument" must be an object: the name of an argument and what of its value is there.`
	}
	params["ref"], params["argument"] = textMembers(params["ref"]), textMembers(params["argument"])
	if given, has := params["context"]; has {
		context, _ := objectOf(given)
		params["context"] = encodeObject(object{"arguments": textMembers(context["arguments"])})
	}
	return ""
}

// initializeParams returns the params of initialize that have to be replaced.
func initializeParams(params object) object {
	changes := object{}
	switch given := params["protocolVersion"]; {
	case kindOf(given) == 0, kindOf(given) == 'n':
		changes["protocolVersion"] = json.RawMessage(`""`)
	case kindOf(given) == '"' && len(given) <= mcptool.MaxName:
		changes["protocolVersion"] = trimText(given)
	default:
		changes["protocolVersion"] = json.RawMessage(`"unknown"`) // which is answered with a known one
	}
	changes["capabilities"] = capabilitiesOf(params["capabilities"])
	changes["clientInfo"] = implementationOf(params["clientInfo"])
	return changes
}

// metaOf returns _meta with its members in shape: since 2026-07-28 it says what initialize
// said before.
func metaOf(value json.RawMessage) json.RawMessage {
	meta, fault := objectOf(value)
	if fault != "" {
		return json.RawMessage("{}")
	}
	for name, shape := range map[string]func(json.RawMessage) json.RawMessage{
		mcp.MetaKeyClientCapabilities: capabilitiesOf, mcp.MetaKeyClientInfo: implementationOf,
	} {
		if given, has := meta[name]; has {
			meta[name] = shape(given)
		}
	}
	return encodeObject(meta)
}

// capabilitiesOf returns capabilities of which each is an object: true and [] stand for an
// empty one, false and null for none.
func capabilitiesOf(value json.RawMessage) json.RawMessage {
	capabilities, _ := objectOf(value)
	for name, given := range capabilities {
		switch kindOf(given) {
		case 'f', 'n', 0:
			delete(capabilities, name)
		case '{':
			if depth := capabilityDepths[name]; depth > 0 {
				capabilities[name] = membersAsObjects(given, depth)
			}
		default:
			capabilities[name] = json.RawMessage("{}")
		}
	}
	return encodeObject(capabilities)
}

// capabilityDepths says how deep the objects of a capability go that the protocol defines, as in
// tasks.requests.elicitation.create. What else there is belongs to the client.
var capabilityDepths = map[string]int{"roots": 1, "sampling": 1, "elicitation": 1, "extensions": 1, "tasks": 3}

// membersAsObjects does for the members of a capability, such as elicitation.url, what
// capabilitiesOf does for capabilities, and for theirs down to a depth. listChanged is a Boolean.
func membersAsObjects(value json.RawMessage, depth int) json.RawMessage {
	members, _ := objectOf(value)
	for name, given := range members {
		if name == "listChanged" {
			if kind := kindOf(given); kind != 't' && kind != 'f' {
				delete(members, name)
			}
			continue
		}
		switch kindOf(given) {
		case '{':
			if depth > 1 {
				members[name] = membersAsObjects(given, depth-1)
			}
		case 'f', 'n':
			delete(members, name)
		default:
			members[name] = json.RawMessage("{}")
		}
	}
	return encodeObject(members)
}

// implementationOf returns a clientInfo with texts for texts, and without what is odd.
func implementationOf(value json.RawMessage) json.RawMessage {
	given, _ := objectOf(value)
	kept := object{}
	for _, name := range []string{"name", "version", "title", "description", "websiteUrl"} {
		if len(given[name]) > maxToken {
			continue
		}
		switch kindOf(given[name]) {
		case '"':
			kept[name] = given[name]
		case '0':
			kept[name] = json.RawMessage(`"` + string(given[name]) + `"`)
		}
	}
	for _, name := range []string{"name", "version"} {
		if kept[name] == nil {
			kept[name] = json.RawMessage(`""`)
		}
	}
	var icons []mcp.Icon
	if len(given["icons"]) <= maxMeta && json.Unmarshal(given["icons"], &icons) == nil && len(icons) > 0 {
		kept["icons"] = given["icons"]
	}
	return encodeObject(kept)
}

// argumentsOf returns arguments as an object: [], "" and null stand for none, and a text may
// hold the object as JSON.
func argumentsOf(value json.RawMessage) (json.RawMessage, bool) {
	if kindOf(value) == '"' {
		var text string
		if json.Unmarshal(value, &text) != nil {
			return nil, false
		}
		if text = string(trim([]byte(text))); text == "" {
			return json.RawMessage("{}"), true
		}
		if _, err := mcptool.CountValues([]byte(text)); err != nil || !json.Valid([]byte(text)) || kindOf(json.RawMessage(text)) == '"' {
			return nil, false
		}
		value = json.RawMessage(text)
	}
	if isObject(value) {
		return value, true
	}
	_, fault := objectOf(value)
	return json.RawMessage("{}"), fault == ""
}

// trimText returns a text without white space around it.
func trimText(value json.RawMessage) json.RawMessage {
	text, ok := mcptool.TextOf(value)
	if !ok || text == strings.TrimSpace(text) {
		return value
	}
	trimmed, err := json.Marshal(strings.TrimSpace(text))
	if err != nil { // a string
		return value
	}
	return trimmed
}

// textMembers returns an object with its numbers and Booleans as texts, and without nulls.
func textMembers(value json.RawMessage) json.RawMessage {
	members, _ := objectOf(value)
	for name, given := range members {
		switch kindOf(given) {
		case '"':
		case 'n':
			delete(members, name)
		default:
			text, err := json.Marshal(string(given))
			if err == nil {
				members[name] = text
			}
		}
	}
	return encodeObject(members)
}

// objectOf decodes an object that is valid JSON, not its members. Nothing, null and [] are empty ones.
func objectOf(value json.RawMessage) (object, string) {
	members := object{}
	switch kindOf(value) {
	case 0, 'n':
	case '{':
		mcptool.Members(value, func(name []byte, value json.RawMessage) { members[string(name)] = value })
	default:
		if !isEmptyList(value) {
			return members, "must be an object"
		}
	}
	return members, ""
}

func isEmptyList(value json.RawMessage) bool {
	inside, isList := bytes.CutPrefix(bytes.TrimSpace(value), []byte("["))
	return isList && len(bytes.TrimSpace(inside)) == 1
}

func isObject(value json.RawMessage) bool { return kindOf(value) == '{' }

// kindOf is the first character of a JSON value, '0' for all numbers; 0 for nothing.
func kindOf(value json.RawMessage) byte {
	value = bytes.TrimLeft(value, " \t\r\n")
	if len(value) == 0 {
		return 0
	}
	if c := value[0]; c != '-' && (c < '0' || c > '9') {
		return c
	}
	return '0'
}

// encodeObject encodes members that are valid JSON, in a fixed order.
func encodeObject(members object) json.RawMessage {
	size, names := 2, make([]string, 0, 16)
	for name, value := range members {
		size += len(name) + len(value) + 4
		names = append(names, name)
	}
	slices.Sort(names)
	data := append(make([]byte, 0, size), '{')
	for i, name := range names {
		if i > 0 {
			data = append(data, ',')
		}
		data = append(appendText(data, name), ':')
		data = append(data, members[name]...)
	}
	return append(data, '}')
}

// appendText appends a text as json.Marshal encodes it.
func appendText(data []byte, text string) []byte {
	start, from := len(data), 0
	data = append(data, '"')
	for i := range len(text) {
		escape := ""
		switch c := text[i]; c {
		case '\n':
			escape = `\n`
		case '"', '\\':
			escape = `\` + text[i:i+1]
		case '<':
			escape = `\u003c`
		case '>':
			escape = `\u003e`
		case '&':
			escape = `\u0026`
		default:
			if c >= ' ' && c <= '~' {
				continue
			}
			encoded, _ := json.Marshal(text) // a string
			return append(data[:start], encoded...)
		}
		data = append(append(data, text[from:i]...), escape...)
		from = i + 1
	}
	return append(append(data, text[from:]...), '"')
}
