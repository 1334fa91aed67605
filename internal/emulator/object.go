package emulator

import "bytes"

// An object is a JSON object whose members keep their order.
type object []field

// MarshalJSON writes the members in order.
func (o object) MarshalJSON() ([]byte, error) {
	var buf bytes.Buffer
	buf.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			buf.WriteByte(',')
		}
		buf.Write(encode(f[0]))
		buf.WriteByte(':')
		encodeTo(&buf, f[1])
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

// strings turns numbers and booleans into strings, as some rows of the API have them.
func (o object) strings() object {
	for i, f := range o {
		value := encode(f[1])
		switch value[0] {
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 't', 'f':
			o[i][1] = string(value)
		}
	}
	return o
}

// set changes a member.
func (o object) set(name string, value any) {
	for i := range o {
		if o[i][0] == name {
			o[i][1] = value
		}
	}
}
