package wiro_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// deploy makes an agent of a template, gives it its credentials, and starts it. The monthly
// price is charged to the wallet at once.
func deploy(ctx context.Context, client *wiro.Client, template string, credentials []wiro.CredentialValue) (wiro.UserAgent, error) {
	agent, err := client.Agents.Get(ctx, wiro.AgentRef{Slug: template})
	if err != nil {
		return wiro.UserAgent{}, err
	}
	deployed, err := client.MyAgents.Deploy(ctx, wiro.Deployment{AgentGUID: agent.GUID, Title: "My blog", Tier: wiro.TierStarter})
	if err != nil {
		return wiro.UserAgent{}, err
	}
	set, err := client.Credentials.Set(ctx, deployed.GUID, credentials)
	if err != nil {
		return deployed, err
	}
	if len(set.Refused) > 0 {
		return deployed, fmt.Errorf("credentials: %s", strings.Join(set.Refused, "; "))
	}
	if err := client.MyAgents.Start(ctx, deployed.GUID); err != nil {
		return deployed, err
	}
	return client.MyAgents.Wait(ctx, deployed.GUID, func(a wiro.UserAgent) bool {
		return a.Status == wiro.AgentRunning || a.Status == wiro.AgentError
	})
}

// Deploy an agent, start it, and talk with it.
func ExampleMyAgentsService_Deploy() {
	srv := wirotest.NewServer()
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	agent, err := deploy(ctx, client, "blog-content-editor", []wiro.CredentialValue{
		{Credential: "wordpress", Field: "url", Value: "https://blog.example.com"},
		{Credential: "wordpress", Field: "user", Value: "ada"},
		{Credential: "wordpress", Field: "apppassword", Value: "abcd efgh ijkl mnop"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Title, agent.Status == wiro.AgentRunning)

	sent, err := client.Messages.Send(ctx, wiro.NewMessage{UserAgentGUID: agent.GUID, SessionKey: "ideas", Message: "Suggest a topic"})
	if err != nil {
		log.Fatal(err)
	}
	message, err := sent.Wait(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(message.Status, message.Response != "")
	// Output:
	// My blog true
	// agent_end true
}
