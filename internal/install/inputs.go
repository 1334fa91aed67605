package install

import (
	"slices"

	"github.com/tailscale/hujson"
)

// inputTitles are what VS Code asks its user, by the id of the input.
var inputTitles = map[string]string{ //nolint:gosec // names, no secrets
	"wiro-api-key":    "Wiro API key (wiro.ai/panel/project)",
	"wiro-api-secret": "Wiro API secret",
}

// withInputs adds the inputs that an entry refers to and that the document lacks.
func withInputs(doc []byte, ids []string) ([]byte, error) {
	return editJSON(doc, func(root *hujson.Value, style jsonStyle) error {
		parent := root.Value.(*hujson.Object)
		list := inputList(parent)
		if list == nil {
			value := style.add(parent, "inputs", 0)
			list = &hujson.Array{}
			value.Value = list
		}
		for _, id := range ids {
			if slices.ContainsFunc(list.Elements, func(v hujson.Value) bool { return inputID(v) == id }) {
				continue
			}
			var value hujson.Value
			if err := style.replace(&value, inputOf(id), 2); err != nil {
				return err
			}
			value.BeforeExtra = style.line(list.AfterExtra, 2)
			if style.newline == "" && len(list.Elements) > 0 {
				value.BeforeExtra = hujson.Extra(style.space)
			}
			if n := len(list.Elements); n > 0 && list.Elements[n-1].AfterExtra != nil { // a trailing comma
				value.AfterExtra = hujson.Extra{}
			} else {
				value.AfterExtra = nil
			}
			if style.newline != "" {
				list.AfterExtra = hujson.Extra(style.newline + style.indent(1))
			}
			list.Elements = append(list.Elements, value)
		}
		return nil
	})
}

// withoutInputs takes our inputs out, and the list if it is empty then.
func withoutInputs(doc []byte) ([]byte, error) {
	return editJSON(doc, func(root *hujson.Value, _ jsonStyle) error {
		parent := root.Value.(*hujson.Object)
		list := inputList(parent)
		if list == nil {
			return nil
		}
		trailing := len(list.Elements) > 0 && list.Elements[len(list.Elements)-1].AfterExtra != nil
		list.Elements = slices.DeleteFunc(list.Elements, func(v hujson.Value) bool { return inputTitles[inputID(v)] != "" })
		if n := len(list.Elements); n == 0 {
			cut(parent, indexOf(parent, "inputs"))
		} else if !trailing {
			list.Elements[n-1].AfterExtra = nil
		}
		return nil
	})
}

func inputList(parent *hujson.Object) *hujson.Array {
	i := indexOf(parent, "inputs")
	if i < 0 {
		return nil
	}
	list, _ := parent.Members[i].Value.Value.(*hujson.Array)
	return list
}

func inputID(v hujson.Value) string {
	o, ok := v.Value.(*hujson.Object)
	if !ok {
		return ""
	}
	i := indexOf(o, "id")
	if i < 0 {
		return ""
	}
	id, _ := o.Members[i].Value.Value.(hujson.Literal)
	return id.String()
}

func inputOf(id string) object {
	return object{{"id", id}, {"type", "promptString"}, {"description", inputTitles[id]}, {"password", true}}
}
