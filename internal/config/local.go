package config

import (
	"cmp"
	"os"
	"path/filepath"
)

// Outputs returns the folder for saved outputs: as it is set, else wiro in the user's Downloads.
// It is "" if there is no home folder. It is not made.
func (c *Config) Outputs() string {
	if c.OutputDir != "" {
		return c.OutputDir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cmp.Or(os.Getenv("XDG_DOWNLOAD_DIR"), filepath.Join(home, "Downloads")), "wiro")
}

// ReadableFolders returns the folders from which local files may be read: as they are set, else
// the folder for outputs, and the working folder unless that is a whole file system or the home
// folder. Clients often start the server in one of those two.
func (c *Config) ReadableFolders() []string {
	if len(c.FilesDirs) > 0 {
		return c.FilesDirs
	}
	var dirs []string
	if outputs := c.Outputs(); outputs != "" {
		dirs = append(dirs, outputs)
	}
	work, err := os.Getwd()
	home, _ := os.UserHomeDir()
	if err == nil && work != filepath.Dir(work) && work != home {
		dirs = append(dirs, work)
	}
	return dirs
}
