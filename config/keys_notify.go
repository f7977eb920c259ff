package config

// Webhook is a web service that is told how the compose fares: each message
// is posted to it as a JSON object, with the fields that notification scripts
// get, and its name as "message".
type Webhook struct {
	// URL is the address, http or https. Its query and password are not shown
	// in logs and not kept for compose run --resume.
	URL string `toml:"url,omitempty" rule:"hookurl"`
	// URLEnv names an environment variable with the address, for one that is
	// secret.
	URLEnv string `toml:"url_env,omitempty" rule:"envname"`
	// Messages are the names of those that are posted; empty means all.
	Messages []string `toml:"messages,omitempty" enum:"status-change,phase-start,phase-stop,createiso-targets,createiso-imagedone,createiso-imagefail,fail-to-start"`
	// SecretEnv names an environment variable with a secret: the header
	// X-Compose-Signature-256 is "sha256=" and the HMAC-SHA256 of the body
	// with it, in hexadecimal digits.
	SecretEnv string `toml:"secret_env,omitempty" rule:"envname"`
	// SecretFile is a file with that secret; white space at its end does not
	// count.
	SecretFile Path `toml:"secret_file,omitempty"`
	// Retries is how often a post is tried again after no answer, or one that
	// says that it may work later.
	Retries int `toml:"retries" default:"3"`
}

// TranslatePath says what the beginning of a path is to others.
type TranslatePath struct {
	// From is the beginning of a path here.
	From string `toml:"from" rule:"required"`
	// To is what takes its place, such as an address.
	To string `toml:"to" rule:"required"`
}
