// Package intent reads what somebody wants to make, in English, German, Turkish, Spanish or
// French, and names the categories of Wiro's models that can make it.
package intent
