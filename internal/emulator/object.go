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
		buf.Write(encode(f.name))
		buf.WriteByte(':')
		encodeTo(&buf, f.value)
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

// strings turns numbers and booleans into strings, as some rows of the API have them.
func (o object) strings() object {
	for i, f := range o {
		value := encode(f.value)
		switch value[0] {
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 't', 'f':
			o[i].value = string(value)
		}
	}
	return o
}
