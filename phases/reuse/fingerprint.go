// Package reuse finds again what a step made before: in an earlier compose, or
// in the same one after it was interrupted. A step has a fingerprint of
// everything that its result depends on; its result and its files are written
// down in the journal of the compose, and are taken over where a step has the
// same fingerprint. The package knows files and bytes, not what steps do.
package reuse

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"reflect"
	"slices"
)

// Fingerprint stands for everything that the result of a step depends on.
type Fingerprint struct {
	// Sum is the same only where all of Fields are, in hex.
	Sum string `json:"sum"`
	// Fields has a digest for each field of the key, by its name: for saying
	// what is different.
	Fields map[string]string `json:"fields"`
}

// maxDepth bounds how deep a key is nested.
const maxDepth = 40

// Of gives the fingerprint of a step. key is a struct of plain data: every
// field counts, booleans and zero values too; functions, channels, interfaces
// and fields that are not exported are refused, since they could hide
// something. code is raised when the step's code makes something else of the
// same key. step is the kind of step: keys of two kinds are never the same.
func Of(step string, code int, key any) (Fingerprint, error) {
	v := reflect.ValueOf(key)
	if v.Kind() != reflect.Struct {
		return Fingerprint{}, fmt.Errorf("key of %s: %T is no struct", step, key)
	}
	out := Fingerprint{Fields: map[string]string{}}
	all := digest{sha256.New()}
	all.text(step)
	all.number(uint64(code))
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			return Fingerprint{}, fmt.Errorf("key of %s: %s is not exported", step, v.Type().Field(i).Name)
		}
		name := v.Type().Field(i).Name
		one := digest{sha256.New()}
		if err := one.add(v.Field(i), 0); err != nil {
			return Fingerprint{}, fmt.Errorf("key of %s: %s: %w", step, name, err)
		}
		sum := one.Sum(nil)
		all.text(name)
		all.Write(sum)
		out.Fields[name] = hex.EncodeToString(sum[:8])
	}
	out.Sum = hex.EncodeToString(all.Sum(nil))
	return out, nil
}

// Differ names the fields that are not the same, sorted; nil where the
// fingerprints are.
func (f Fingerprint) Differ(other Fingerprint) []string {
	if f.Sum == other.Sum {
		return nil
	}
	var out []string
	for name, sum := range f.Fields {
		if other.Fields[name] != sum {
			out = append(out, name)
		}
	}
	for name := range other.Fields {
		if _, ok := f.Fields[name]; !ok {
			out = append(out, name)
		}
	}
	if out == nil {
		return []string{"code"}
	}
	slices.Sort(out)
	return out
}

// digest takes values in such a way that no two different ones look the same.
type digest struct{ hash.Hash }

func (d digest) number(n uint64) { d.Write(binary.LittleEndian.AppendUint64(nil, n)) }

func (d digest) text(s string) {
	d.number(uint64(len(s)))
	d.Write([]byte(s))
}

func (d digest) add(v reflect.Value, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("nested too deep")
	}
	d.Write([]byte{byte(v.Kind())})
	switch v.Kind() {
	case reflect.Bool:
		d.Write([]byte{map[bool]byte{true: 1}[v.Bool()]})
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		d.number(uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		d.number(v.Uint())
	case reflect.Float32, reflect.Float64:
		d.number(math.Float64bits(v.Float()))
	case reflect.String:
		d.text(v.String())
	case reflect.Slice, reflect.Array:
		return d.list(v, depth)
	case reflect.Map:
		return d.table(v, depth)
	case reflect.Struct:
		return d.fields(v, depth)
	case reflect.Pointer:
		if v.IsNil() {
			d.number(0)
			return nil
		}
		d.number(1)
		return d.add(v.Elem(), depth+1)
	default:
		return fmt.Errorf("a %s is no plain data", v.Type())
	}
	return nil
}

func (d digest) list(v reflect.Value, depth int) error {
	d.number(uint64(v.Len()))
	if v.Type().Elem().Kind() == reflect.Uint8 && v.Kind() == reflect.Slice {
		d.Write(v.Bytes())
		return nil
	}
	for i := range v.Len() {
		if err := d.add(v.Index(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// table takes the entries of a map in the order of their digests.
func (d digest) table(v reflect.Value, depth int) error {
	d.number(uint64(v.Len()))
	var entries []string
	for it := v.MapRange(); it.Next(); {
		one := digest{sha256.New()}
		if err := one.add(it.Key(), depth+1); err != nil {
			return err
		}
		if err := one.add(it.Value(), depth+1); err != nil {
			return err
		}
		entries = append(entries, string(one.Sum(nil)))
	}
	slices.Sort(entries)
	for _, e := range entries {
		d.Write([]byte(e))
	}
	return nil
}

func (d digest) fields(v reflect.Value, depth int) error {
	d.number(uint64(v.NumField()))
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			return fmt.Errorf("%s.%s is not exported", v.Type(), f.Name)
		}
		d.text(f.Name)
		if err := d.add(v.Field(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}
