package wiro

import (
	"cmp"
	"context"
	"slices"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var (
	organizationCreate  = wire.Endpoint("Organization/Create", wire.NonIdempotent, wire.ShortTimeout).Receipts("organization")
	organizationRestore = wire.Endpoint("Organization/Restore", wire.Idempotent, wire.ShortTimeout)
)

// Organization groups teams. It has no wallet, project or agent itself.
//
// Wiro docs: Organizations & Teams.
type Organization struct {
	GUID string `json:"guid"`
	Name string `json:"name"`
}

// CreateOrganization creates an organization that the caller owns. The documentation does not
// show the response: GUID is empty if Wiro does not state it in a known place.
//
// Wiro docs: Managing Teams, POST /Organization/Create.
func (s *TeamsService) CreateOrganization(ctx context.Context, name string) (Organization, error) {
	if err := require("name", name); err != nil {
		return Organization{}, err
	}
	answer, err := call[struct {
		Organization
		One  []Organization `json:"organization"`
		Many []Organization `json:"organizations"`
		Own  string         `json:"organizationguid"`
	}](ctx, s.client, organizationCreate, struct {
		Name string `json:"name"`
	}{name})
	if err != nil {
		return Organization{}, err
	}
	organization := answer.Organization
	if all := slices.Concat(answer.One, answer.Many); len(all) > 0 {
		organization = all[0]
	}
	return Organization{GUID: cmp.Or(organization.GUID, answer.Own), Name: cmp.Or(organization.Name, name)}, nil
}

// RestoreOrganization brings a deleted organization back, with its teams and the members who
// had accepted. Only its owner can. Agents and projects stay in the owner's personal workspace,
// to which the deletion moved them.
//
// Wiro docs: Managing Teams, POST /Organization/Restore.
func (s *TeamsService) RestoreOrganization(ctx context.Context, guid string) error {
	if err := require("organizationguid", guid); err != nil {
		return err
	}
	return do(ctx, s.client, organizationRestore, struct {
		GUID string `json:"organizationguid"`
	}{guid})
}
