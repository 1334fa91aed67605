package sandbox

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"strconv"
)

// makeVideo is what video models do: an MP4 of the length that was asked for, with the
// prompt on it and discs that move.
func (t *task) makeVideo(show *performance) {
	w, h := t.in.ratio()
	v := video{
		width: 192, height: 192, seconds: t.in.length(),
		painting: painting{text: t.caption(), footer: t.model.Slug, key: t.model.Slug + t.in.text()},
	}
	switch {
	case w > h:
		v.width, v.height = 256, 144
	case w < h:
		v.width, v.height = 144, 256
	}
	show.used.videoSeconds = float64(v.seconds)
	show.outputs = []*output{{
		name: "0.mp4", contentType: "video/mp4", size: v.size(), make: v.mp4, secs: float64(v.seconds),
	}}
	t.showProgress(show, "Done.")
}

// length is how many seconds of video were asked for.
func (in *inputs) length() int {
	for _, name := range []string{"duration", "seconds"} {
		if n, err := strconv.Atoi(in.values[name]); err == nil && n > 0 && n <= 60 {
			return n
		}
	}
	return 5
}

// A video is a painting that moves, as an MP4 with H.264 in its simplest form: every
// picture a key frame of raw samples (I_PCM macroblocks, baseline profile). That needs no
// encoder, plays everywhere, and has a size that is known without making it.
type video struct {
	width, height int // multiples of 16
	seconds       int
	painting      painting
}

const (
	framesPerSecond = 5
	timescale       = 1000
)

func (v video) frames() int { return v.seconds * framesPerSecond }

func (v video) macroblocks() int { return v.width / 16 * v.height / 16 }

// sampleSize is the length of one picture: its length field, the NAL header, the slice
// header with the first macroblock's type, the macroblocks, and the stop bit.
func (v video) sampleSize() int { return 4 + 1 + 4 + 384 + (v.macroblocks()-1)*386 + 1 }

func (v video) size() int64 {
	return int64(len(v.header(0)) + 8 + v.frames()*v.sampleSize())
}

// mp4 makes the file.
func (v video) mp4() []byte {
	header := v.header(len(v.header(0)) + 8)
	samples := v.frames() * v.sampleSize()
	out := make([]byte, 0, len(header)+8+samples)
	out = append(out, header...)
	out = append(out, box("mdat")...)
	putUint32(out[len(header):], 8+samples)
	for i := range v.frames() {
		p := v.painting
		p.width, p.height = v.width, v.height
		p.phase = float64(i) / float64(v.frames())
		out = v.appendPicture(out, p.paint(), i)
	}
	return out
}

// appendPicture appends picture number n as an IDR slice.
func (v video) appendPicture(out []byte, img *image.Paletted, n int) []byte {
	colors := make([]yuv, len(img.Palette))
	for i, c := range img.Palette {
		colors[i] = toYUV(c)
	}
	out = append(out, be32(v.sampleSize()-4)...)
	out = append(out, 0x65) // NAL: IDR slice
	// first_mb 0, slice type I, parameter set 0, frame number 0, idr_pic_id (it alternates),
	// no marking flags, QP delta 0; then mb_type I_PCM and zeros up to the next byte.
	if n%2 == 0 {
		out = append(out, 0x88, 0x84, 0x86, 0x80)
	} else {
		out = append(out, 0x88, 0x82, 0x21, 0xa0)
	}
	for mb := range v.macroblocks() {
		if mb > 0 {
			out = append(out, 0x0d, 0x00) // mb_type I_PCM, aligned
		}
		out = appendMacroblock(out, img, colors, mb%(v.width/16)*16, mb/(v.width/16)*16)
	}
	return append(out, 0x80)
}

// appendMacroblock appends 16 by 16 samples of luma and 8 by 8 of each chroma. Samples are
// never 0, so no emulation prevention is needed.
func appendMacroblock(out []byte, img *image.Paletted, colors []yuv, x0, y0 int) []byte {
	at := func(x, y int) yuv { return colors[img.Pix[y*img.Stride+x]] }
	for y := range 16 {
		for x := range 16 {
			out = append(out, at(x0+x, y0+y).y)
		}
	}
	for y := range 8 {
		for x := range 8 {
			out = append(out, at(x0+2*x, y0+2*y).cb)
		}
	}
	for y := range 8 {
		for x := range 8 {
			out = append(out, at(x0+2*x, y0+2*y).cr)
		}
	}
	return out
}

// yuv is a color in limited range: luma 16 to 235, chroma 16 to 240.
type yuv struct{ y, cb, cr uint8 }

func toYUV(c color.Color) yuv {
	r, g, b, _ := c.RGBA()
	y, cb, cr := color.RGBToYCbCr(uint8(r>>8), uint8(g>>8), uint8(b>>8))          //nolint:gosec // 16 bits
	scale := func(v uint8, span int) uint8 { return uint8(16 + int(v)*span/255) } //nolint:gosec // at most 240
	return yuv{scale(y, 219), scale(cb, 224), scale(cr, 224)}
}

// header is everything before the pictures; the first of them lies at offset.
func (v video) header(offset int) []byte {
	sps, pps := v.parameterSets()
	duration := v.seconds * timescale
	entry := box("avc1",
		zeros(6), be16(1), zeros(16), be16(v.width), be16(v.height),
		be32(0x480000), be32(0x480000), zeros(4), be16(1), zeros(32), be16(24), be16(0xffff),
		box("avcC", []byte{1, sps[1], sps[2], sps[3], 0xff, 0xe1}, be16(len(sps)), sps, []byte{1}, be16(len(pps)), pps))
	table := box("stbl",
		box("stsd", be32(0), be32(1), entry),
		box("stts", be32(0), be32(1), be32(v.frames()), be32(timescale/framesPerSecond)),
		box("stsc", be32(0), be32(1), be32(1), be32(v.frames()), be32(1)),
		box("stsz", be32(0), be32(v.sampleSize()), be32(v.frames())),
		box("stco", be32(0), be32(1), be32(offset)))
	media := box("mdia",
		box("mdhd", be32(0), zeros(8), be32(timescale), be32(duration), be16(0x55c4), zeros(2)),
		box("hdlr", be32(0), zeros(4), []byte("vide"), zeros(12), []byte("video\x00")),
		box("minf",
			box("vmhd", be32(1), zeros(8)),
			box("dinf", box("dref", be32(0), be32(1), box("url ", be32(1)))),
			table))
	movie := box("moov",
		box("mvhd", be32(0), zeros(8), be32(timescale), be32(duration), be32(0x10000), be16(0x100), zeros(10), identity(), zeros(24), be32(2)),
		box("trak",
			box("tkhd", be32(3), zeros(8), be32(1), zeros(4), be32(duration), zeros(16), identity(), be32(v.width<<16), be32(v.height<<16)),
			media))
	return append(box("ftyp", []byte("isom"), be32(0x200), []byte("isomiso2avc1mp41")), movie...)
}

// parameterSets are the sequence and picture parameter sets, as NAL units.
func (v video) parameterSets() (sps, pps []byte) {
	var s bits
	s.put(8, 66) // baseline
	s.put(8, 0xc0)
	s.put(8, 30)           // level 3
	s.exp(0)               // seq_parameter_set_id
	s.exp(0)               // log2_max_frame_num_minus4
	s.exp(2)               // pic_order_cnt_type: output in order of decoding
	s.exp(0)               // max_num_ref_frames
	s.put(1, 0)            // gaps_in_frame_num
	s.exp(v.width/16 - 1)  // pic_width_in_mbs_minus1
	s.exp(v.height/16 - 1) // pic_height_in_map_units_minus1
	s.put(1, 1)            // frame_mbs_only
	s.put(1, 1)            // direct_8x8_inference
	s.put(2, 0)            // no cropping, no VUI
	sps = append([]byte{0x67}, s.end()...)

	var p bits
	p.exp(0)    // pic_parameter_set_id
	p.exp(0)    // seq_parameter_set_id
	p.put(2, 0) // CAVLC, no bottom field
	p.exp(0)    // num_slice_groups_minus1
	p.exp(0)    // num_ref_idx_l0
	p.exp(0)    // num_ref_idx_l1
	p.put(3, 0) // no weighted prediction
	p.exp(0)    // QP, QS and chroma QP offset: 0
	p.exp(0)
	p.exp(0)
	p.put(3, 0) // no deblocking control, constrained intra, redundant pictures
	return sps, append([]byte{0x68}, p.end()...)
}

// bits writes the bit fields of H.264.
type bits struct {
	data []byte
	free int // bits left in the last byte
}

// put appends the lowest n bits of v.
func (b *bits) put(n, v int) {
	for i := n - 1; i >= 0; i-- {
		if b.free == 0 {
			b.data, b.free = append(b.data, 0), 8
		}
		b.free--
		b.data[len(b.data)-1] |= byte(v>>i&1) << b.free
	}
}

// exp appends v in Exp-Golomb code.
func (b *bits) exp(v int) {
	n := 0
	for (v+1)>>(n+1) > 0 {
		n++
	}
	b.put(n, 0)
	b.put(n+1, v+1)
}

// end appends the stop bit.
func (b *bits) end() []byte {
	b.put(1, 1)
	return b.data
}

// box is one box of an MP4 file.
func box(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	out := append(be32(8+len(body)), kind...)
	return append(out, body...)
}

// identity is the transformation that changes nothing.
func identity() []byte {
	return bytes.Join([][]byte{be32(0x10000), zeros(12), be32(0x10000), zeros(12), be32(0x40000000)}, nil)
}

func zeros(n int) []byte { return make([]byte, n) }

func be16(v int) []byte {
	return binary.BigEndian.AppendUint16(nil, uint16(v)) //nolint:gosec // a field of the format
}

func be32(v int) []byte {
	return binary.BigEndian.AppendUint32(nil, uint32(v)) //nolint:gosec // a field of the format
}

func putUint32(at []byte, v int) { copy(at, be32(v)) }
