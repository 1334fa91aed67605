package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

const (
	docsScheme   = "wiro://docs/"
	markdownType = "text/markdown"
	listsLast    = 5 * time.Minute // how long clients may keep what they listed
	pagesLast    = time.Hour       // and what they read
)

// docResources offers the documentation's pages as resources: listed, and by a template
// whose slugs complete.
type docResources struct {
	*Server
	mu     sync.Mutex
	listed []string // slugs that are registered
}

// options are the server options that the resources need.
func (r *docResources) options() []server.ServerOption {
	hooks := &server.Hooks{}
	hooks.AddBeforeListResources(func(ctx context.Context, _ any, _ *mcp.ListResourcesRequest) {
		r.register(server.ServerFromContext(ctx))
	})
	hooks.AddAfterListResources(hideView)
	return []server.ServerOption{
		server.WithHooks(hooks),
		server.WithResourceCapabilities(false, false),
		server.WithResourceCompletionProvider(r),
		server.WithMethodCacheHints(mcp.MethodResourcesRead, pagesLast.Milliseconds(), mcp.CacheScopePublic),
	}
}

func (r *docResources) addTo(m *server.MCPServer) {
	m.AddResources(r.view())
	m.AddResourceTemplate(mcp.NewResourceTemplate(docsScheme+"{slug}", "Wiro documentation page",
		mcp.WithTemplateDescription("A page of Wiro's API documentation, by its slug, such as tasks."),
		mcp.WithTemplateMIMEType(markdownType)), r.read)
}

// register makes the pages known when somebody first lists them, and again when newer
// documentation has come: reading them at every start would cost every start.
func (r *docResources) register(m *server.MCPServer) {
	pages := r.Server.options.Docs.Pages()
	slugs := make([]string, len(pages))
	resources := make([]server.ServerResource, len(pages), len(pages)+1)
	for i, page := range pages {
		slugs[i] = page.Slug
		resources[i] = server.ServerResource{
			Resource: mcp.NewResource(docsScheme+page.Slug, page.Title,
				mcp.WithResourceDescription(page.Summary), mcp.WithMIMEType(markdownType)),
			Handler: r.read,
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if m != nil && !slices.Equal(slugs, r.listed) {
		r.listed = slugs
		m.SetResources(append(resources, r.view())...)
	}
}

func (r *docResources) read(_ context.Context, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	slug := strings.TrimPrefix(request.Params.URI, docsScheme)
	text, err := r.Server.options.Docs.Markdown(slug)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", server.ErrResourceNotFound, err)
	}
	return []mcp.ResourceContents{mcp.TextResourceContents{URI: request.Params.URI, MIMEType: markdownType, Text: text}}, nil
}

// CompleteResourceArgument completes the slug of a page.
func (r *docResources) CompleteResourceArgument(_ context.Context, _ string, argument mcp.CompleteArgument, _ mcp.CompleteContext) (*mcp.Completion, error) {
	return completion(r.Server.options.Docs.Complete(argument.Value)), nil
}

const maxCompletions = 100 // the protocol's limit

func completion(values []string) *mcp.Completion {
	c := &mcp.Completion{Values: values, Total: len(values)}
	if len(values) > maxCompletions {
		c.Values, c.HasMore = values[:maxCompletions], true
	}
	return c
}
