package repodb

import "strings"

// schema is what one database consists of.
type schema struct {
	tables  []string
	filled  []table
	indexes []string
}

// table is a table and its columns, in the order in which they are filled.
type table struct{ name, columns string }

func (t table) insert() string {
	n := strings.Count(t.columns, ",") + 1
	return "INSERT INTO " + t.name + " (" + t.columns + ") VALUES (" + strings.TrimSuffix(strings.Repeat("?, ", n), ", ") + ")"
}

// schemas are those of primary, filelists and other.
func schemas() [3]schema { return [...]schema{primarySchema(), filelistsSchema(), otherSchema()} }

// depTables are the tables of dependencies, in createrepo_c's order.
func depTables() []string {
	return []string{"requires", "provides", "conflicts", "obsoletes", "suggests", "enhances", "recommends", "supplements"}
}

func primarySchema() schema {
	s := schema{
		tables: []string{
			"CREATE TABLE packages (  pkgKey INTEGER PRIMARY KEY,  pkgId TEXT,  name TEXT,  arch TEXT,  version TEXT,  epoch TEXT,  release TEXT," +
				"  summary TEXT,  description TEXT,  url TEXT,  time_file INTEGER,  time_build INTEGER,  rpm_license TEXT,  rpm_vendor TEXT,  rpm_group TEXT," +
				"  rpm_buildhost TEXT,  rpm_sourcerpm TEXT,  rpm_header_start INTEGER,  rpm_header_end INTEGER,  rpm_packager TEXT,  size_package INTEGER," +
				"  size_installed INTEGER,  size_archive INTEGER,  location_href TEXT,  location_base TEXT,  checksum_type TEXT)",
			"CREATE TABLE files (  name TEXT,  type TEXT,  pkgKey INTEGER)",
		},
		filled: []table{
			{"packages", "pkgKey, pkgId, name, arch, version, epoch, release, summary, description, url, time_file, time_build, rpm_license, rpm_vendor," +
				" rpm_group, rpm_buildhost, rpm_sourcerpm, rpm_header_start, rpm_header_end, rpm_packager, size_package, size_installed, size_archive," +
				" location_href, location_base, checksum_type"},
			{"files", "name, type, pkgKey"},
		},
		indexes: []string{
			"CREATE INDEX packagename ON packages (name)",
			"CREATE INDEX packageId ON packages (pkgId)",
			"CREATE INDEX filenames ON files (name)",
			"CREATE INDEX pkgfiles ON files (pkgKey)",
		},
	}
	removals := "CREATE TRIGGER removals AFTER DELETE ON packages  BEGIN    DELETE FROM files WHERE pkgKey = old.pkgKey;"
	for i, name := range depTables() {
		pre, col := "", ""
		if name == "requires" {
			pre, col = ", pre BOOLEAN DEFAULT FALSE", ", pre"
		}
		s.tables = append(s.tables, "CREATE TABLE "+name+" (  name TEXT,  flags TEXT,  epoch TEXT,  version TEXT,  release TEXT,  pkgKey INTEGER "+pre+")")
		s.filled = append(s.filled, table{name, "name, flags, epoch, version, release, pkgKey" + col})
		s.indexes = append(s.indexes, "CREATE INDEX pkg"+name+" on "+name+" (pkgKey)")
		if i < 2 {
			s.indexes = append(s.indexes, "CREATE INDEX "+name+"name ON "+name+" (name)")
		}
		removals += "    DELETE FROM " + name + " WHERE pkgKey = old.pkgKey;"
	}
	s.tables = append(s.tables, removals+"  END")
	return s
}

func filelistsSchema() schema {
	return schema{
		tables: []string{
			"CREATE TABLE packages (  pkgKey INTEGER PRIMARY KEY,  pkgId TEXT)",
			"CREATE TABLE filelist (  pkgKey INTEGER,  dirname TEXT,  filenames TEXT,  filetypes TEXT)",
			"CREATE TRIGGER remove_filelist AFTER DELETE ON packages  BEGIN    DELETE FROM filelist WHERE pkgKey = old.pkgKey;  END",
		},
		filled: []table{{"packages", "pkgKey, pkgId"}, {"filelist", "pkgKey, dirname, filenames, filetypes"}},
		indexes: []string{
			"CREATE INDEX keyfile ON filelist (pkgKey)",
			"CREATE INDEX pkgId ON packages (pkgId)",
			"CREATE INDEX dirnames ON filelist (dirname)",
		},
	}
}

func otherSchema() schema {
	return schema{
		tables: []string{
			"CREATE TABLE packages (  pkgKey INTEGER PRIMARY KEY,  pkgId TEXT)",
			"CREATE TABLE changelog (  pkgKey INTEGER,  author TEXT,  date INTEGER,  changelog TEXT)",
			"CREATE TRIGGER remove_changelogs AFTER DELETE ON packages  BEGIN    DELETE FROM changelog WHERE pkgKey = old.pkgKey;  END",
		},
		filled:  []table{{"packages", "pkgKey, pkgId"}, {"changelog", "pkgKey, author, date, changelog"}},
		indexes: []string{"CREATE INDEX keychange ON changelog (pkgKey)", "CREATE INDEX pkgId ON packages (pkgId)"},
	}
}
