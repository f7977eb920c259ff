package rpmmd

import "compose/internal/rpm"

// detailText gives where the text of an element is kept, nil for nowhere.
func detailText(d *rpm.Details, name string) *string {
	if d == nil {
		return nil
	}
	switch name {
	case "summary":
		return &d.Summary
	case "description":
		return &d.Description
	case "packager":
		return &d.Packager
	case "url":
		return &d.URL
	case "license":
		return &d.License
	case "vendor":
		return &d.Vendor
	case "group":
		return &d.Group
	case "buildhost":
		return &d.BuildHost
	}
	return nil
}
