package wiro

import (
	"context"
	"slices"
)

var (
	organizationCreate  = endpoint("Organization/Create", submit, quick)
	organizationRestore = endpoint("Organization/Restore", write, quick)
)

// Organization groups teams. It holds no wallet, project or agent itself.
//
// Wiro docs: Organizations & Teams.
type Organization struct {
	GUID Text `json:"guid"`
	Name Text `json:"name"`
}

// CreateOrganization creates an organization that the caller owns. The documentation does
// not show the answer: GUID is empty where Wiro does not give it in a known place.
//
// Wiro docs: Managing Teams, POST /Organization/Create.
func (c *Client) CreateOrganization(ctx context.Context, name string) (Organization, error) {
	if err := given("name", name); err != nil {
		return Organization{}, err
	}
	answer, err := call[struct {
		Organization
		One  List[Organization] `json:"organization"`
		Many List[Organization] `json:"organizations"`
		Own  Text               `json:"organizationguid"`
	}](ctx, c, organizationCreate, struct {
		Name string `json:"name"`
	}{name})
	if err != nil {
		return Organization{}, err
	}
	made := answer.Organization
	if all := slices.Concat(answer.One, answer.Many); len(all) > 0 {
		made = all[0]
	}
	made.GUID = Text(firstText(made.GUID, answer.Own))
	made.Name = Text(firstText(made.Name, Text(name)))
	return made, nil
}

// RestoreOrganization brings a deleted organization back, with its teams and the members
// who had accepted. Only its owner can. Agents and projects stay where the deletion moved
// them: in the owner's personal workspace.
//
// Wiro docs: Managing Teams, POST /Organization/Restore.
func (c *Client) RestoreOrganization(ctx context.Context, guid string) error {
	if err := given("organizationguid", guid); err != nil {
		return err
	}
	return act(ctx, c, organizationRestore, struct {
		GUID string `json:"organizationguid"`
	}{guid})
}
