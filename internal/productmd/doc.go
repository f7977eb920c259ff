// Package productmd writes and reads the JSON files that say what a compose
// is and what is in it (compose/metadata), in the format of the productmd
// library, version 1.2, byte for byte as that library writes them; and it
// knows the rules for ids, types and labels. It does not know trees, package
// sets or configuration: who calls it fills plain structs.
package productmd
