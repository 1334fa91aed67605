// Package wiromcp embeds the wiro-mcp server in a Go program: the Wiro platform as tools for AI
// assistants, through the Model Context Protocol. Package wiro is the client of the Wiro API
// that it uses.
//
//	client := wiro.NewClient(wiro.Options{}) // WIRO_API_KEY, WIRO_API_SECRET
//	defer client.Close()
//	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: client})
//	err := server.ServeStdio(ctx, os.Stdin, os.Stdout)
//
// Server.ServeStdio serves one client with the client's own key. Server.Handler and
// Server.ListenAndServe serve many clients over HTTP; each request brings its own key.
// Server.Call calls a tool in the program itself, and Server.MCP is the server for transports
// that this package does not have. NewTool adds tools of the program's own.
//
// A tool that charges money asks for confirmation first, except run_model: a run is what its
// caller asked for. A run that may have reached Wiro is never sent again.
package wiromcp
