// Package rules holds no code: its tests keep the rules that the project's
// design sets, over all packages: who may import whom, and how large files,
// functions and parameter lists may grow.
package rules
