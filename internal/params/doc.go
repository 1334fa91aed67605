// Package params checks the params of a run against a model's schema, before anything is
// submitted or paid for, and puts them into the form that the model takes.
//
// Check reports every fault at once, with the closest names, the options, the range or the
// limit, and returns the corrected params as far as they can be corrected. A value that has only
// one possible meaning is not a fault: a label becomes its value, "10s" becomes 10, an object
// becomes JSON text for a text parameter. ParseModel and Resolve read the names of models
// with the same leniency. The package is pure: it does no I/O and keeps no state.
//
// Wiro docs: Model Parameters, Run a Model.
package params
