package otlp

import (
	"math"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	"google.golang.org/protobuf/encoding/protowire"
)

// The numbers of fields are those of opentelemetry/proto, version 1; a test reads what is
// encoded here with the generated types.

// message is a protocol buffer message that is being encoded. Fields that are zero are left out.
type message []byte

func (m message) bytes(field protowire.Number, b []byte) message {
	if len(b) == 0 {
		return m
	}
	return protowire.AppendBytes(protowire.AppendTag(m, field, protowire.BytesType), b)
}

func (m message) text(field protowire.Number, s string) message { return m.bytes(field, []byte(s)) }

// sub adds a message, even if it is empty.
func (m message) sub(field protowire.Number, inner message) message {
	return protowire.AppendBytes(protowire.AppendTag(m, field, protowire.BytesType), inner)
}

func (m message) varint(field protowire.Number, v uint64) message {
	if v == 0 {
		return m
	}
	return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), v)
}

func (m message) fixed(field protowire.Number, v uint64) message {
	return protowire.AppendFixed64(protowire.AppendTag(m, field, protowire.Fixed64Type), v)
}

func (m message) double(field protowire.Number, v float64) message {
	return m.fixed(field, math.Float64bits(v))
}

func (m message) time(field protowire.Number, t time.Time) message {
	if t.IsZero() {
		return m
	}
	return m.fixed(field, uint64(t.UnixNano())) //nolint:gosec // after 1970
}

func (m message) attributes(field protowire.Number, all []attribute.KeyValue) message {
	for _, kv := range all {
		m = m.sub(field, message(nil).text(1, string(kv.Key)).sub(2, anyValue(kv.Value)))
	}
	return m
}

// anyValue encodes a value; lists become text.
func anyValue(v attribute.Value) message {
	switch v.Type() { //nolint:exhaustive // all others have a text
	case attribute.BOOL:
		n := uint64(0)
		if v.AsBool() {
			n = 1
		}
		return protowire.AppendVarint(protowire.AppendTag(nil, 2, protowire.VarintType), n)
	case attribute.INT64:
		return protowire.AppendVarint(protowire.AppendTag(nil, 3, protowire.VarintType), uint64(v.AsInt64())) //nolint:gosec // as the encoding has it
	case attribute.FLOAT64:
		return message(nil).double(4, v.AsFloat64())
	}
	return protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), v.String())
}

func resourceOf(r *resource.Resource) message {
	return message(nil).attributes(1, r.Attributes())
}

func scopeOf(s instrumentation.Scope) message {
	return message(nil).text(1, s.Name).text(2, s.Version)
}
