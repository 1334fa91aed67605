package wiro

import (
	"context"
	"strings"
)

// Pick chooses what of a connected account the agent works with: a Google Ads customer, a
// Meta ad account, a Facebook page, a YouTube channel, a GA4 property or a merchant account.
// The name is for people and may be empty. It returns id and name as Wiro keeps them. A
// Facebook page must be chosen within 15 minutes of the consent, and can be only once. A
// running agent is restarted.
//
// Wiro docs: Agent Credentials & OAuth (Extra Provider Endpoints); the YouTube, Google
// Analytics 4 and Google Merchant Center integration pages.
func (c *Client) Pick(ctx context.Context, k OAuthKey, useragent, id, name string) (keptID, keptName string, err error) {
	s, err := k.service()
	if err != nil {
		return "", "", err
	}
	if s.picker == nil {
		return "", "", &InputError{Field: "provider", Reason: "has nothing to choose: a " + s.title + " account is complete once it is connected"}
	}
	if err := allGiven("useragentguid", useragent, "id", id); err != nil {
		return "", "", err
	}
	request := map[string]string{"useragentguid": useragent, s.picker.id: strings.TrimSpace(id)}
	if name != "" {
		request[s.picker.name] = name
	}
	answer, err := call[Map[Text]](ctx, c, s.picker.operation, request)
	if err != nil {
		return "", "", err
	}
	return firstText(answer[s.picker.id], Text(request[s.picker.id])), firstText(answer[s.picker.name], Text(name)), nil
}
