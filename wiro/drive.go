package wiro

import (
	"context"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var oauthDriveFolders = wire.Endpoint("UserAgentOAuth/GoogleDriveListFolders", wire.Safe, wire.LongTimeout)

// DriveFolders are the Google Drive folders that a service account can reach.
//
// Wiro docs: Google Drive Integration, POST /UserAgentOAuth/GoogleDriveListFolders.
type DriveFolders struct {
	ServiceAccount string        `json:"serviceAccountEmail"` // folders are shared with this address
	Folders        []DriveFolder `json:"folders"`
}

// DriveFolder is a folder in Google Drive.
type DriveFolder struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	ModifiedAt time.Time `json:"modifiedTime,omitzero"`
	Owner      string    `json:"ownerName"`
}

// DriveFolders returns the folders that are shared with the agent's service account or, if key
// is not empty, with the one whose JSON key, in Base64, it is. No error repeats the key.
//
// Wiro docs: Google Drive Integration, POST /UserAgentOAuth/GoogleDriveListFolders.
func (s *CredentialsService) DriveFolders(ctx context.Context, userAgentGUID string, key Secret) (DriveFolders, error) {
	if err := require("useragentguid", userAgentGUID); err != nil {
		return DriveFolders{}, err
	}
	return call[DriveFolders](ctx, s.client.withRedacted(key.Reveal()), oauthDriveFolders, struct {
		byUserAgent
		Key string `json:"serviceaccountjsonbase64,omitempty"`
	}{byUserAgent{userAgentGUID}, key.Reveal()})
}
