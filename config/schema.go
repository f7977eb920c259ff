package config

import _ "embed"

//go:generate go test . -run ^TestGenerated -update

//go:embed schema.json
var schema string

// Schema gives the JSON Schema (draft 2020-12) of the configuration file. It
// is generated from the structs and their comments, and says all that a
// schema can: keys, types, values, defaults; what concerns several keys at
// once only Load finds.
func Schema() []byte { return []byte(schema) }
