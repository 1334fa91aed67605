package wiro

// AgentsService reads the catalog of agents.
type AgentsService service

// MyAgentsService deploys and manages agents.
type MyAgentsService service

// MessagesService talks with deployed agents.
type MessagesService service

// CredentialsService sets what agents sign in with, and connects their accounts.
type CredentialsService service

// SkillsService changes what agents can do.
type SkillsService service

// BillingService prices agents, and manages their subscriptions and credits.
type BillingService service

// LogsService reads what agents did.
type LogsService service

// TeamsService manages organizations and teams.
type TeamsService service
