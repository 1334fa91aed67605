// Package oauth signs people in to a hosted wiro-mcp: an OAuth 2.1 authorization server and
// the resource server's side of it in one, for MCP clients that cannot send an API key.
//
// It keeps no state. A person gives the Wiro API key on the page at /authorize; the key is
// sealed into the code and the tokens that the client gets, and is stored nowhere. A client's
// registration is sealed into its client_id. The only thing to remember is which codes and
// refresh tokens have been used, for which Options.Once is there.
//
// Specifications: OAuth 2.1, RFC 7591 (dynamic client registration), RFC 7636 (PKCE), RFC 8252
// (native apps), RFC 8414 and RFC 9728 (metadata), RFC 8707 (resource indicators), RFC 9207
// (issuer identification), and client ID metadata documents.
package oauth
