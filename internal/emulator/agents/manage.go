package agents

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

func (a *Agents) installInstances() {
	a.serve("UserAgent/Deploy", a.deploy)
	a.serve("UserAgent/MyAgents", a.myAgents)
	a.serve("UserAgent/PinnedAgents", a.pinnedAgents)
	a.serve("UserAgent/PinnedUnread", a.pinnedUnread)
	a.serve("UserAgent/Pin", a.pin)
	a.serve("UserAgent/Detail", a.instanceDetail)
	a.serve("UserAgent/Update", a.updateInstance)
	a.serve("UserAgent/Cover", a.uploadCover)
	a.serve("UserAgent/Start", a.startAgent)
	a.serve("UserAgent/Stop", a.stopAgent)
}

// visible are the instances of the caller's workspace.
func (a *Agents) visible(c *core.Call, keep func(*userAgent) bool) ([]*userAgent, error) {
	t, err := a.workspace(c)
	if err != nil {
		return nil, err
	}
	var found []*userAgent
	for _, u := range a.instances {
		if u.team == t && a.mayUse(c.Project, u) && keep(u) {
			found = append(found, u)
		}
	}
	return found, nil
}

func (a *Agents) rows(list []*userAgent) core.Fields {
	rows := []core.Object{}
	for _, u := range list {
		rows = append(rows, a.view(u, shapeRow))
	}
	return core.Fields{{"useragents", rows}}
}

// myAgents answers POST /UserAgent/MyAgents.
func (a *Agents) myAgents(c *core.Call) (core.Fields, error) {
	category := c.Args.Text("category")
	found, err := a.visible(c, func(u *userAgent) bool {
		return category == "" || slices.Contains(u.categories, category)
	})
	if err != nil {
		return nil, err
	}
	byTime := func(of func(*statusTimes) time.Time) func(x, y *userAgent) int {
		return func(x, y *userAgent) int { return of(&x.times).Compare(of(&y.times)) }
	}
	order(c, found, map[string]func(x, y *userAgent) int{
		"id":        func(x, y *userAgent) int { return cmp.Compare(x.id, y.id) },
		"title":     func(x, y *userAgent) int { return cmp.Compare(x.title, y.title) },
		"status":    func(x, y *userAgent) int { return cmp.Compare(x.status, y.status) },
		"createdat": byTime(func(t *statusTimes) time.Time { return t.created }),
		"updatedat": byTime(func(t *statusTimes) time.Time { return t.updated }),
		"startedat": byTime(func(t *statusTimes) time.Time { return t.started }),
		"runningat": byTime(func(t *statusTimes) time.Time { return t.running }),
		"stopdat":   byTime(func(t *statusTimes) time.Time { return t.stopped }),
	})
	return a.rows(page(c, found, maxPage)), nil
}

// pinnedAgents answers POST /UserAgent/PinnedAgents, newest first.
func (a *Agents) pinnedAgents(c *core.Call) (core.Fields, error) {
	found, err := a.visible(c, func(u *userAgent) bool { return u.pinned })
	if err != nil {
		return nil, err
	}
	slices.Reverse(found)
	return a.rows(found), nil
}

// pinnedUnread answers POST /UserAgent/PinnedUnread.
func (a *Agents) pinnedUnread(c *core.Call) (core.Fields, error) {
	found, err := a.visible(c, func(u *userAgent) bool { return u.pinned })
	if err != nil {
		return nil, err
	}
	data := []core.Object{}
	for _, u := range slices.Backward(found) {
		var last *string
		if n := len(u.messages); n > 0 {
			last = &u.messages[n-1].guid
		}
		data = append(data, core.Object{{"useragentguid", u.guid}, {"lastmessageguid", last}})
	}
	return core.Fields{{"data", data}}, nil
}

// pin answers POST /UserAgent/Pin.
func (a *Agents) pin(c *core.Call) (core.Fields, error) {
	u, err := a.instance(c, "useragentguid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	if _, err := c.Args.Require("pinned"); err != nil {
		return nil, err
	}
	u.pinned = c.Args.Bool("pinned")
	return nil, nil
}

// instanceDetail answers POST /UserAgent/Detail.
func (a *Agents) instanceDetail(c *core.Call) (core.Fields, error) {
	u, err := a.instance(c, "guid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	return core.Fields{{"useragents", []core.Object{a.view(u, shapeDetail)}}}, nil
}

// updateInstance answers POST /UserAgent/Update.
func (a *Agents) updateInstance(c *core.Call) (core.Fields, error) {
	u, err := a.instance(c, "guid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	categories := c.Args.List("categories")
	if c.Args["categories"] != nil && len(categories) == 0 {
		return nil, core.Fail(0, "Categories cannot be empty")
	}
	if len(categories) > 0 {
		u.categories = categories
	}
	if title := c.Args.Text("title"); title != "" {
		u.title = title
	}
	for name, into := range map[string]*string{"description": &u.description, "cover": &u.cover} {
		if value, given := c.Args[name]; given { // null clears it, as "" does
			*into = core.Scalar(value)
		}
	}
	a.restart(u)
	return core.Fields{{"useragents", []core.Object{a.view(u, shapeUpdate)}}}, nil
}

// maxCover is how large a cover may be.
const maxCover = 10 << 20

var coverTypes = []string{".jpg", ".jpeg", ".png", ".gif", ".webp"}

// uploadCover answers POST /UserAgent/Cover. The picture is kept as it is, not converted.
func (a *Agents) uploadCover(c *core.Call) (core.Fields, error) {
	u, err := a.instance(c, "useragentguid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	images := c.FilesOf("image")
	if len(images) == 0 {
		return nil, core.Fail(0, "Request files [image] required")
	}
	image := images[0]
	switch {
	case !slices.Contains(coverTypes, strings.ToLower(path.Ext(image.Name))):
		return nil, core.ErrFileType
	case image.TooLarge || image.Size > maxCover:
		return nil, core.Fail(0, "File size must not exceed 10 MB.")
	}
	stored := a.server.Files.Add(c.Project, image, "")
	u.cover = stored.URL(a.server.Origin(c.Request))
	u.times.updated = a.now()
	return core.Fields{{"cover", u.cover}, {"useragents", []core.Object{a.view(u, shapeCover)}}}, nil
}
