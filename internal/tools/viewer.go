package tools

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/media"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// viewURI is the page that shows a task's outputs in clients with MCP Apps.
const viewURI = "ui://wiro/result.html"

//go:embed viewer.html
var viewPage string

// outputHosts are where Wiro keeps the outputs of tasks.
var outputHosts = []string{"https://cdn.wiro.ai", "https://cdn1.wiro.ai"}

// view is the page as a resource. Its policy lets it load media from Wiro's hosts, or from the
// host of another API, and nothing else.
func (s *Server) view() server.ServerResource {
	hosts := slices.Clone(outputHosts)
	if w := s.options.Wiro; w != nil && w.BaseURL() != wiro.DefaultBaseURL {
		if api, err := url.Parse(w.BaseURL()); err == nil {
			hosts = append(hosts, api.Scheme+"://"+api.Host)
		}
	}
	ui := map[string]any{
		"csp":           map[string]any{"resourceDomains": hosts, "connectDomains": []string{}},
		"permissions":   map[string]any{"clipboardWrite": map[string]any{}},
		"prefersBorder": false,
	}
	resource := mcp.NewResource(viewURI, "Wiro result", mcp.WithResourceDescription("Shows what a task made."), mcp.WithMIMEType(mcptool.ViewType))
	resource.Meta = &mcp.Meta{AdditionalFields: map[string]any{"ui": ui}}
	return server.ServerResource{
		Resource: resource,
		Handler: func(context.Context, mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			return []mcp.ResourceContents{mcp.TextResourceContents{
				URI: viewURI, MIMEType: mcptool.ViewType, Text: viewPage, Meta: map[string]any{"ui": ui},
			}}, nil
		},
	}
}

// hideView takes the page out of the list for clients that do not show views.
func hideView(ctx context.Context, _ any, _ *mcp.ListResourcesRequest, result *mcp.ListResourcesResult) {
	if !mcptool.SupportsViews(ctx) {
		result.Resources = slices.DeleteFunc(result.Resources, func(r mcp.Resource) bool { return r.URI == viewURI })
	}
}

var getOutputTool = define(mcptool.Meta{
	Name:        "get_output",
	Title:       "Get an output's content",
	Description: "For the view of results alone: the content of an output that the client does not load by its address.",
	Toolset:     Tasks,
	ForViews:    true,
	Examples:    []mcptool.Example{{Arguments: `{"tasktoken": "tok1", "index": 0}`}},
}, getOutput)

// shownBytes is the largest content that is handed to a view: clients take results of 1 MB, and
// base64 adds a third. Larger pictures are scaled.
const shownBytes = 700 << 10

func getOutput(ctx context.Context, call *Call, in outputRef) (OutputContent, error) {
	task, err := call.Wiro.Tasks.Get(ctx, in.ref())
	if err != nil {
		return OutputContent{}, call.noSuchTask(err)
	}
	if in.Index < 0 || in.Index >= len(task.Outputs) || task.Outputs[in.Index].URL == "" {
		return OutputContent{}, mcptool.Problemf("The task has no such file: it has %s.", mcptool.Count(len(task.Outputs), "output"))
	}
	output := task.Outputs[in.Index]
	content, err := call.read(ctx, output.URL, 32<<20)
	if err != nil {
		return OutputContent{}, err
	}
	kind := media.Detect(content[:min(len(content), media.SniffLen)], output.ContentType, output.Name)
	if kind.Kind() == media.Image && len(content) > shownBytes {
		if picture, err := media.DecodePicture(bytes.NewReader(content)); err == nil {
			if content, err = media.Thumbnail(picture); err != nil {
				return OutputContent{}, mcptool.Problemf("The picture cannot be shown here: open its address.")
			}
			kind = media.ByName("x.jpg")
		}
	}
	if len(content) > shownBytes {
		return OutputContent{}, mcptool.Problemf("The file is too large to be shown here (%s): open its address.", mcptool.Size(int64(len(content))))
	}
	return OutputContent{MIMEType: kind.MIME, Data: base64.StdEncoding.EncodeToString(content)}, nil
}

type outputRef struct {
	taskRef
	Index int `json:"index" min:"0" doc:"which of the task's outputs, from 0"`
}

// OutputContent is the content of an output in base64.
type OutputContent struct {
	MIMEType string `json:"mimeType"`
	Data     string `json:"data"`
}

// Text says what it is: the content is for views.
func (o OutputContent) Text() string {
	return fmt.Sprintf("%s, %s.", o.MIMEType, mcptool.Size(int64(base64.StdEncoding.DecodedLen(len(o.Data)))))
}

// read fetches a file of Wiro's through the guarded client.
func (c *Call) read(ctx context.Context, address string, most int64) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil || !strings.HasPrefix(address, "http") {
		return nil, mcptool.Problemf("The output has no address that can be read.")
	}
	response, err := c.Files.Do(request)
	if err != nil {
		return nil, mcptool.Problemf("The output cannot be read: %v.", err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	if response.StatusCode != http.StatusOK {
		return nil, mcptool.Problemf("The output cannot be read: its server answers %s.", response.Status)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	if err != nil || int64(len(content)) > most {
		return nil, mcptool.Problemf("The output is too large to be shown here: open its address.")
	}
	return content, nil
}
