package emulator

// A taskService is the half of an emulator that lists and runs models.
type taskService struct {
	*base
	store    *taskStore
	models   *catalog
	pages    *pageCache
	chats    *chats
	rendered *renderCache
}

// newTaskService adds the endpoints of models, runs, tasks and files.
func newTaskService(b *base) *taskService {
	models := loadCatalog()
	s := &taskService{
		base: b, store: newTaskStore(b.opts.MaxTasks),
		models: models, pages: &pageCache{models: models}, chats: newChats(), rendered: newRenderCache(),
	}
	for _, m := range models.all {
		if m.Behavior != nil {
			s.behaviors.set(m.Slug, []Behavior{*m.Behavior})
		}
	}
	s.installModels()
	s.serve("Run/", endpoint{handle: s.runModel})
	s.installTasks()
	s.installFiles()
	s.routes[cdnPath] = s.serveFile
	return s
}

// modelCount is how many models there are.
func (s *taskService) modelCount() int { return len(s.models.all) }
