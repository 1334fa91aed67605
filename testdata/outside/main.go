// Command studio is a program outside the module that uses its public packages alone.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

func main() {
	client := wiro.NewClient(wiro.Options{})
	defer client.Close()
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: client, Tools: []wiromcp.Tool{posterTool()}})
	if err := server.ServeStdio(context.Background(), os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// Poster is a picture with its price.
type Poster struct {
	URL     string   `json:"url"`
	CostUSD *float64 `json:"costUsd"` // null if unknown
}

// Text is the poster for models that read text.
func (p Poster) Text() string { return "The poster is at " + p.URL }

type posterArguments struct {
	Title string `json:"title" doc:"what the poster says"`
	Style string `json:"style,omitempty" enum:"flat,photo" default:"flat" doc:"how it looks"`
}

// posterTool is a tool of the program's own.
func posterTool() wiromcp.Tool {
	return wiromcp.NewTool(wiromcp.ToolMeta{
		Name: "make_poster", Title: "Make a poster", Description: "Paint a poster with a title.", Effect: wiromcp.ToolWrites,
	}, func(ctx context.Context, call *wiromcp.ToolCall, in posterArguments) (Poster, error) {
		poster, err := makePoster(ctx, call.Client, in.Title, in.Style, func(u wiro.Update) { call.Progress(0, 0, string(u.Status)) })
		if errors.Is(err, wiro.ErrInsufficientBalance) {
			return Poster{}, &wiromcp.ToolError{Text: "The wallet is empty. Top it up."}
		}
		return poster, err
	})
}

func makePoster(ctx context.Context, client *wiro.Client, title, style string, update func(wiro.Update)) (Poster, error) {
	prompt := "a " + style + " poster that says " + title
	task, err := client.Run(ctx, "black-forest-labs/flux-2-pro", wiro.Params{"prompt": prompt}, wiro.OnUpdate(update))
	if err == nil {
		err = task.Err()
	}
	if err != nil {
		return Poster{}, err
	}
	return Poster{URL: task.Outputs[0].URL, CostUSD: task.Cost}, nil
}

// ask streams the answer of a language model to w.
func ask(ctx context.Context, client *wiro.Client, question string, w io.Writer) error {
	submission, err := client.Runs.Submit(ctx, "openai/gpt-5-2", wiro.Params{"prompt": question})
	if err != nil {
		return err
	}
	for update, err := range submission.Updates(ctx) {
		if err != nil {
			return err
		}
		fmt.Fprintln(w, update.Status, strings.Join(update.Answer, " "))
	}
	return nil
}

// tokens lists the tokens of all tasks.
func tokens(ctx context.Context, client *wiro.Client) (list []string, err error) {
	for task, err := range client.Tasks.All(ctx, wiro.TaskQuery{Limit: 1}) {
		if err != nil {
			return nil, err
		}
		list = append(list, task.Token)
	}
	return list, nil
}

// hire deploys an agent, gives it its credentials, starts it, and asks it something.
func hire(ctx context.Context, client *wiro.Client, question string) (answer string, err error) {
	template, err := client.Agents.Get(ctx, wiro.AgentRef{Slug: "blog-content-editor"})
	if err != nil {
		return "", err
	}
	agent, err := client.MyAgents.Deploy(ctx, wiro.Deployment{AgentGUID: template.GUID, Title: "Editor", Tier: wiro.TierStarter})
	if err != nil {
		return "", err
	}
	if _, err := client.Credentials.Set(ctx, agent.GUID, []wiro.CredentialValue{
		{Credential: "wordpress", Field: "url", Value: "https://blog.example.com"},
		{Credential: "wordpress", Field: "user", Value: "ada"},
		{Credential: "wordpress", Field: "apppassword", Value: "abcd efgh ijkl mnop"},
	}); err != nil {
		return "", err
	}
	if err := client.MyAgents.Start(ctx, agent.GUID); err != nil {
		return "", err
	}
	running := func(a wiro.UserAgent) bool { return a.Status == wiro.AgentRunning }
	if _, err := client.MyAgents.Wait(ctx, agent.GUID, running); err != nil {
		return "", err
	}
	sent, err := client.Messages.Send(ctx, wiro.NewMessage{UserAgentGUID: agent.GUID, Message: question})
	if err != nil {
		return "", err
	}
	message, err := sent.Wait(ctx)
	return message.Response, err
}

// webhooks receives what Wiro tells of runs and messages that are over.
func webhooks(client *wiro.Client, tell func(string)) *wiro.WebhookHandler {
	return &wiro.WebhookHandler{
		Client:    client,
		OnTask:    func(_ context.Context, e wiro.TaskEvent) { tell(e.Task.Token) },
		OnMessage: func(_ context.Context, e wiro.MessageEvent) { tell(e.Message.Response) },
		OnError:   func(err error) { log.Print(err) },
	}
}

// order starts a run, and has Wiro tell an address once it is over.
func order(ctx context.Context, client *wiro.Client, prompt, address string) (token string, err error) {
	submission, err := client.Runs.Submit(ctx, "black-forest-labs/flux-2-pro", wiro.Params{"prompt": prompt}, wiro.CallbackURL(address))
	return submission.Token, err
}
