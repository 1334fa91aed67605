package wiro

import "context"

var oauthDriveFolders = endpoint("UserAgentOAuth/GoogleDriveListFolders", read, slow)

// DriveFolders are the Google Drive folders that a service account can reach.
//
// Wiro docs: Google Drive Integration, POST /UserAgentOAuth/GoogleDriveListFolders.
type DriveFolders struct {
	ServiceAccount Text              `json:"serviceAccountEmail"` // folders are shared with this address
	Folders        List[DriveFolder] `json:"folders"`
}

// DriveFolder is a folder in Google Drive.
type DriveFolder struct {
	ID         Text `json:"id"`
	Name       Text `json:"name"`
	ModifiedAt Time `json:"modifiedTime"`
	Owner      Text `json:"ownerName"`
}

// DriveFolders lists the folders that are shared with the agent's service account, or with
// the one given as its JSON key in Base64. No error repeats the key.
//
// Wiro docs: Google Drive Integration, POST /UserAgentOAuth/GoogleDriveListFolders.
func (c *Client) DriveFolders(ctx context.Context, useragent string, key Secret) (DriveFolders, error) {
	if err := given("useragentguid", useragent); err != nil {
		return DriveFolders{}, err
	}
	return call[DriveFolders](ctx, c.hiding(key.Reveal()), oauthDriveFolders, struct {
		byUserAgent
		Key string `json:"serviceaccountjsonbase64,omitempty"`
	}{byUserAgent{useragent}, key.Reveal()})
}
