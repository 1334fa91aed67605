package tasks

import (
	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// A Tasks is the half of an emulator that lists and runs models.
type Tasks struct {
	*core.Server
	store    *taskStore
	models   *catalog
	pages    *pageCache
	chats    *chats
	rendered *renderCache
}

// New adds the endpoints of models, runs, tasks and files.
func New(b *core.Server) *Tasks {
	models := loadCatalog()
	s := &Tasks{
		Server: b, store: newTaskStore(b.Options.MaxTasks),
		models: models, pages: &pageCache{models: models}, chats: newChats(), rendered: newRenderCache(),
	}
	for _, m := range models.all {
		if m.Behavior != nil {
			s.Behaviors.Set(m.Slug, []core.Behavior{*m.Behavior})
		}
	}
	s.installModels()
	s.Serve("Run/", core.Endpoint{Handle: s.runModel})
	s.installTasks()
	s.installFiles()
	s.Routes[core.CDNPath] = s.serveFile
	return s
}

// ModelCount is how many models there are.
func (s *Tasks) ModelCount() int { return len(s.models.all) }
