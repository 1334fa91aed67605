// Package quote says before a run what it will cost, from a model's price rows, its
// parameters' defaults and the run's params, with how certain that is and a basis that a
// person can check.
//
// A quote is exact only where the documentation leaves no choice and nothing is measured
// afterwards. No amount is made from a price that cannot be read or is negative: such a
// quote is unknown. The package is pure.
//
// Wiro docs: Pricing.
package quote
