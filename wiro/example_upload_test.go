package wiro_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// store puts a file into a new folder of the project's storage.
func store(ctx context.Context, client *wiro.Client, folder string, file wiro.File) (wiro.StoredFile, error) {
	made, err := client.Files.CreateFolder(ctx, folder, "")
	if err != nil {
		return wiro.StoredFile{}, err
	}
	return client.Files.Upload(ctx, file, made.ID)
}

// Upload a file once, and use its URL in several runs. A file for a single run goes into Params
// as it is.
func ExampleFilesService_Upload() {
	srv := wirotest.NewServer()
	defer srv.Close()

	photo := wiro.FileFromBytes("photo.jpg", []byte("\xff\xd8\xff")) // or wiro.FileFromPath("photo.jpg")
	stored, err := store(context.Background(), srv.Client(), "photos", photo)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stored.Name, stored.Size, strings.HasPrefix(stored.URL, "http"))
	// Output: photo.jpg 3 true
}
