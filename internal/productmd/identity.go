package productmd

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Compose is the identity of a compose, as every file names it.
type Compose struct {
	ID     string // see ComposeID
	Type   string // production, nightly, test, ci, development
	Date   string // YYYYMMDD
	Respin int    // from 0
	Label  string // NAME-X.Y, or empty
	Final  bool   // written only beside a label
}

// Release says which product release the compose is of.
type Release struct {
	Name, Short, Version string
	Type                 string // ga, updates, …: see ReleaseTypes; empty means ga
	Internal             bool   // not meant for the public
	Layered              bool   // made for a base product
}

// BaseProduct is what a layered release is made for.
type BaseProduct struct {
	Name, Short, Version string
	Type                 string // as of a Release
}

// ComposeTypes gives the types of composes.
func ComposeTypes() []string {
	return []string{"production", "nightly", "test", "ci", "development"}
}

// ReleaseTypes gives the types of releases.
func ReleaseTypes() []string {
	return []string{"fast", "ga", "updates", "updates-testing", "eus", "aus", "els", "tus", "e4s"}
}

// LabelNames gives the milestones that a label may name, earliest first.
func LabelNames() []string {
	return []string{
		"EA", "DevelPhaseExit", "InternalAlpha", "Alpha", "InternalSnapshot", "Beta", "Snapshot", "RC", "Update", "SecurityFix",
	}
}

// TypeSuffix gives what stands behind the date in the id of a compose of
// that type: nothing for production, ".n" for nightly. An unknown type is an error.
func TypeSuffix(composeType string) (string, error) {
	switch composeType {
	case "production":
		return "", nil
	case "nightly":
		return ".n", nil
	case "test":
		return ".t", nil
	case "ci":
		return ".ci", nil
	case "development":
		return ".d", nil
	}
	return "", fmt.Errorf("compose type %q: want one of %s", composeType, strings.Join(ComposeTypes(), ", "))
}

// ComposeID gives SHORT-VERSION[-TYPE][-BASESHORT-BASEVERSION[-BASETYPE]]-DATE<suffix>.RESPIN,
// the types only when they are not ga, the base product only when the release
// is layered. Of c it reads type, date and respin.
func ComposeID(rel Release, base BaseProduct, c Compose) (string, error) {
	suffix, err := TypeSuffix(c.Type)
	if err != nil {
		return "", err
	}
	id := rel.Short + "-" + rel.Version + releaseSuffix(rel.Type)
	if rel.Layered {
		id += "-" + base.Short + "-" + base.Version + releaseSuffix(base.Type)
	}
	return id + "-" + c.Date + suffix + "." + strconv.Itoa(c.Respin), nil
}

func releaseSuffix(releaseType string) string {
	if releaseType == "" || strings.EqualFold(releaseType, "ga") {
		return ""
	}
	return "-" + strings.ToLower(releaseType)
}

// LatestName gives the name of the link to the newest compose:
// latest-SHORT-VERSION[-BASESHORT-BASEVERSION]. components says how much of
// the release's version to keep (Pungi's --latest-link-components): so many
// parts when positive, so many fewer when negative but at least one, no
// version when 0.
func LatestName(rel Release, base BaseProduct, components int) string {
	parts := strings.Split(rel.Version, ".")
	keep := min(components, len(parts))
	if components < 0 {
		keep = max(1, len(parts)+components)
	}
	name := "latest-" + rel.Short
	if keep > 0 {
		name += "-" + strings.Join(parts[:keep], ".")
	}
	if rel.Layered {
		name += "-" + base.Short + "-" + base.Version
	}
	return name
}

// MajorVersion gives a version without its last part: 7.2 gives 7, 7 stays 7.
func MajorVersion(version string) string {
	if i := strings.LastIndexByte(version, '.'); i >= 0 {
		return version[:i]
	}
	return version
}

var labelRE = regexp.MustCompile(`^([A-Za-z]+)-([0-9]+\.[0-9]+)$`)

// SplitLabel checks a label and cuts it into milestone and number: Beta and 1.2.
func SplitLabel(label string) (milestone, number string, err error) {
	m := labelRE.FindStringSubmatch(label)
	if m == nil || !slices.Contains(LabelNames(), m[1]) {
		return "", "", fmt.Errorf("label %q: want NAME-X.Y with a NAME of %s", label, strings.Join(LabelNames(), ", "))
	}
	return m[1], m[2], nil
}

// Supported says whether a label means that the compose is meant for
// customers: RC, Update and SecurityFix. Such a compose is final.
func Supported(label string) bool {
	milestone, _, err := SplitLabel(label)
	return err == nil && (milestone == "RC" || milestone == "Update" || milestone == "SecurityFix")
}

// ImageVersion gives the version that images carry: the release's, with
// _MILESTONE behind it when a label other than an RC is set.
func ImageVersion(rel Release, label string) string {
	milestone, _, err := SplitLabel(label)
	if err != nil || milestone == "RC" {
		return rel.Version
	}
	return rel.Version + "_" + milestone
}

// ImageRelease gives the release that images carry: the label's number, or
// DATE<suffix>.RESPIN.
func ImageRelease(c Compose) string {
	if _, number, err := SplitLabel(c.Label); err == nil {
		return number
	}
	suffix, _ := TypeSuffix(c.Type)
	return c.Date + suffix + "." + strconv.Itoa(c.Respin)
}

var (
	idRE      = regexp.MustCompile(`^.*[0-9]{8}(\.nightly|\.n|\.ci|\.test|\.t|\.d)?(\.[0-9]+)?`)
	dateRE    = regexp.MustCompile(`^[0-9]{8}$`)
	versionRE = regexp.MustCompile(`^([^0-9].*|[0-9]+(\.?[0-9]+)*)$`)
	// productmd takes any short name and most versions; both become part of
	// the name of a folder here.
	nameRE = regexp.MustCompile(`^[A-Za-z0-9_+~^][A-Za-z0-9_+~^.-]*$`)
)

// Validate checks productmd's rules and gives all faults at once.
func (c Compose) Validate() error {
	var errs []error
	if !idRE.MatchString(c.ID) || strings.ContainsAny(c.ID, "/\x00\n") {
		errs = append(errs, fmt.Errorf("compose id %q: want …YYYYMMDD[.TYPE][.RESPIN]", c.ID))
	}
	if !dateRE.MatchString(c.Date) {
		errs = append(errs, fmt.Errorf("compose date %q: want YYYYMMDD", c.Date))
	}
	if _, err := TypeSuffix(c.Type); err != nil {
		errs = append(errs, err)
	}
	if c.Respin < 0 {
		errs = append(errs, fmt.Errorf("respin %d: want 0 or more", c.Respin))
	}
	if c.Label != "" {
		if _, _, err := SplitLabel(c.Label); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Validate checks productmd's rules, and that short name and version can be
// part of a file name; it gives all faults at once.
func (r Release) Validate() error {
	return validateProduct("release", BaseProduct{r.Name, r.Short, r.Version, r.Type})
}

// Validate is as Release.Validate.
func (b BaseProduct) Validate() error { return validateProduct("base product", b) }

func validateProduct(what string, p BaseProduct) error {
	var errs []error
	if p.Name == "" {
		errs = append(errs, fmt.Errorf("%s name is empty", what))
	}
	if !nameRE.MatchString(p.Short) {
		errs = append(errs, fmt.Errorf("%s short name %q: want letters, digits and any of _+~^.-", what, p.Short))
	}
	if !versionRE.MatchString(p.Version) || !nameRE.MatchString(p.Version) {
		errs = append(errs, fmt.Errorf("%s version %q: want digits separated by dots, or a name", what, p.Version))
	}
	if p.Type != "" && !slices.Contains(ReleaseTypes(), strings.ToLower(p.Type)) {
		errs = append(errs, fmt.Errorf("%s type %q: want one of %s", what, p.Type, strings.Join(ReleaseTypes(), ", ")))
	}
	return errors.Join(errs...)
}

func (c Compose) object() object {
	o := object{"id": c.ID, "type": c.Type, "date": c.Date, "respin": c.Respin}
	if c.Label != "" {
		o["label"], o["final"] = c.Label, c.Final
	}
	return o
}

func (b BaseProduct) object() object {
	typ := strings.ToLower(b.Type)
	if typ == "" {
		typ = "ga"
	}
	return object{"name": b.Name, "short": b.Short, "version": b.Version, "type": typ}
}

func (r Release) object() object {
	o := BaseProduct{r.Name, r.Short, r.Version, r.Type}.object()
	o["internal"] = r.Internal
	if r.Layered {
		o["is_layered"] = true
	}
	return o
}

// header gives the header of a file of the kind productmd.WHAT.
func header(what string) object {
	return object{"type": "productmd." + what, "version": "1.2"}
}
