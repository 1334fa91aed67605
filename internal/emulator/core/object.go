package core

import "bytes"

// An Object is a JSON object whose members keep their order.
type Object []Field

// MarshalJSON writes the members in order.
func (o Object) MarshalJSON() ([]byte, error) {
	var buf bytes.Buffer
	buf.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			buf.WriteByte(',')
		}
		buf.Write(Encode(f[0]))
		buf.WriteByte(':')
		encodeTo(&buf, f[1])
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

// Strings turns numbers and booleans into strings, as some rows of the API have them.
func (o Object) Strings() Object {
	for i, f := range o {
		value := Encode(f[1])
		switch value[0] {
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 't', 'f':
			o[i][1] = string(value)
		}
	}
	return o
}

// Set changes a member.
func (o Object) Set(name string, value any) {
	for i := range o {
		if o[i][0] == name {
			o[i][1] = value
		}
	}
}
