package phases

import (
	"bytes"
	"encoding/json"

	"compose/gather"
	"compose/internal/rpm"
)

// pickRecord is one package of a tree in the gather record: which, of what
// kind, and why. By names the package that brought it in.
type pickRecord struct {
	Package  string   `json:"package"`
	Kind     string   `json:"kind"`
	Flags    []string `json:"flags,omitempty"`
	Why      string   `json:"why"`
	By       string   `json:"by,omitempty"`
	Requires string   `json:"requires,omitempty"`
}

// gatherRecord writes down every package of a tree with its reason, one JSON
// object a line.
func gatherRecord(res *gather.Result) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, pk := range res.Packages {
		rec := pickRecord{Package: pk.Pkg.NEVRA(), Kind: pk.Kind.String(), Flags: pk.Flags, Why: pk.Why.String()}
		if pk.Why.By != nil {
			rec.By = pk.Why.By.NEVRA()
		}
		if pk.Why.Dep != (rpm.Dep{}) {
			rec.Requires = pk.Why.Dep.String()
		}
		_ = enc.Encode(rec) // plain strings into memory
	}
	return b.Bytes()
}
