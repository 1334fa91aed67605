package config

import (
	"fmt"
	"math"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
)

// Toolsets is a list of toolsets as a setting.
type Toolsets []wiromcp.Toolset

// UnmarshalText reads a comma-separated list.
func (t *Toolsets) UnmarshalText(text []byte) error {
	chosen, err := wiromcp.ParseToolsets(string(text))
	*t = chosen
	return err
}

// Wait is a duration that may be given as plain seconds.
type Wait time.Duration

// UnmarshalText reads "90", "90s" or "1m30s".
func (w *Wait) UnmarshalText(text []byte) error {
	s := string(text)
	if s != "" && strings.Trim(s, "0123456789.") == "" {
		s += "s"
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Second || d > 10*time.Minute {
		return fmt.Errorf("%q must be 1s to 600s, such as 90 or 1m30s", text)
	}
	*w = Wait(d)
	return nil
}

// Cost is a limit in USD as a setting. The zero value is no limit.
type Cost struct{ usd *float64 }

// UnmarshalText reads "0.5".
func (c *Cost) UnmarshalText(text []byte) error {
	usd, err := tools.ParseUSD(string(text))
	c.usd = &usd
	return err
}

// USD returns the limit; nil if there is none.
func (c Cost) USD() *float64 { return c.usd }

// OnAbandon is what becomes of the task of a call that its client cancels: leave or stop.
type OnAbandon string

// UnmarshalText reads "leave" or "stop".
func (o *OnAbandon) UnmarshalText(text []byte) error {
	switch *o = OnAbandon(strings.ToLower(string(text))); *o {
	case "leave", "stop":
		return nil
	}
	return fmt.Errorf("%q must be leave or stop", text)
}

// InlineImages says which clients get a picture in results.
type InlineImages string

// UnmarshalText reads "auto", "always" or "never".
func (i *InlineImages) UnmarshalText(text []byte) error {
	switch *i = InlineImages(strings.ToLower(string(text))); *i {
	case "auto", "always", "never":
		return nil
	}
	return fmt.Errorf("%q must be auto, always or never", text)
}

// Folders is a list of folders as a setting.
type Folders []string

// UnmarshalText reads folders that are separated as in PATH.
func (f *Folders) UnmarshalText(text []byte) error {
	*f = nil
	for _, dir := range filepath.SplitList(string(text)) {
		if dir = strings.TrimSpace(dir); dir != "" {
			*f = append(*f, dir)
		}
	}
	return nil
}

// Level is a log level as a setting.
type Level zerolog.Level

// UnmarshalText reads a level's name.
func (l *Level) UnmarshalText(text []byte) error {
	level, err := zerolog.ParseLevel(strings.ToLower(string(text)))
	if err != nil || string(text) == "" {
		return fmt.Errorf("%q must be trace, debug, info, warn, error or disabled", text)
	}
	*l = Level(level)
	return nil
}

// Format is how logs are written: console, json, or "" for what fits.
type Format string

// UnmarshalText reads a format's name.
func (f *Format) UnmarshalText(text []byte) error {
	switch *f = Format(strings.ToLower(string(text))); *f {
	case "", "console", "json":
		return nil
	}
	return fmt.Errorf("%q must be console or json", text)
}

// Networks is a list of addresses and ranges of them as a setting.
type Networks []netip.Prefix

// UnmarshalText reads "10.0.0.0/8,192.0.2.1".
func (n *Networks) UnmarshalText(text []byte) error {
	*n = nil
	for _, s := range split(string(text)) {
		prefix, err := netip.ParsePrefix(s)
		if address, lone := netip.ParseAddr(s); lone == nil {
			prefix, err = address.Prefix(address.BitLen())
		}
		if err != nil {
			return fmt.Errorf("%q must be an address or a network, such as 10.0.0.0/8", s)
		}
		*n = append(*n, prefix)
	}
	return nil
}

// Names is a list of names as a setting.
type Names []string

// UnmarshalText reads a comma-separated list.
func (n *Names) UnmarshalText(text []byte) error {
	*n = split(string(text))
	return nil
}

// split splits at commas, and leaves out white space and what is empty.
func split(text string) (parts []string) {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// Duration returns the wait as Go has it.
func (w Wait) Duration() time.Duration { return time.Duration(w) }

// Size is a number of bytes as a setting.
type Size int

// UnmarshalText reads "524288", "512KB" or "2MB", of 1,024 bytes each.
func (s *Size) UnmarshalText(text []byte) error {
	number, unit := strings.ToUpper(strings.ReplaceAll(string(text), " ", "")), 1
	for suffix, bytes := range map[string]int{"KB": 1 << 10, "MB": 1 << 20} {
		if rest, ok := strings.CutSuffix(number, suffix); ok {
			number, unit = rest, bytes
		}
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n > math.MaxInt32/unit {
		return fmt.Errorf("%q must be a size, such as 512KB or 2MB", text)
	}
	*s = Size(n * unit)
	return nil
}

// String is the size in KB or MB if it is a whole number of them.
func (s Size) String() string {
	switch {
	case s >= 1<<20 && s%(1<<20) == 0:
		return strconv.Itoa(int(s>>20)) + "MB"
	case s >= 1<<10 && s%(1<<10) == 0:
		return strconv.Itoa(int(s>>10)) + "KB"
	}
	return strconv.Itoa(int(s))
}
