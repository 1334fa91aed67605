// Package config holds every setting of the program. Settings are read from the environment;
// flags override. Invalid settings are all reported at startup, under the name that the user
// typed.
package config
