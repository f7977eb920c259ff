// Package repo works with rpm-md repositories: it writes them from package
// records, reads and filters comps groups, and checks that the dependencies
// of a repository are closed.
//
// It knows nothing of composes and configuration, reads no RPM (records hold
// the metadata ready-made), and puts no package in place.
package repo
