/**
 * Variables that decide which code runs, where a program looks for files, or with which options it starts. `HOME` and
 * `TMPDIR` are the executor's to set.
 */
const names = new Set(
  `PATH HOME TMPDIR TMP TEMP PWD OLDPWD SHELL IFS ENV CDPATH GLOBIGNORE PS4 PROMPT_COMMAND SHELLOPTS BASHOPTS EDITOR VISUAL
  PAGER LESSOPEN LESSCLOSE LESSKEY MANPAGER BROWSER GCONV_PATH LOCPATH NLSPATH TZDIR HOSTALIASES RES_OPTIONS
  GETCONF_DIR GLIBC_TUNABLES TERMINFO TERMINFO_DIRS TERMCAP JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS CLASSPATH
  AWKPATH AWKLIBPATH CURL_HOME NETRC WGETRC SSLKEYLOGFILE GREP_OPTIONS GZIP BZIP BZIP2 XZ_OPT XZ_DEFAULTS TAR_OPTIONS
  POSIXLY_CORRECT _POSIX2_VERSION MAKEFLAGS`.split(/\s+/),
);
const families =
  /^(LD|DYLD|BASH|PYTHON|PERL|PERL5|RUBY|NODE|DENO|BUN|NPM|LUA|PHP|TCL|R|GIT|MALLOC|ASAN|LSAN|OPENSSL|SSH|XDG|DOTNET|COR|CORECLR|QT|GTK|KUBERNETES|EXTERNALSOURCE)_/;
const prefixes = /^(BASH_FUNC|PYTHON|PERL5|RUBY|LUA_)/;

/** Whether no source may set a variable, whatever the whitelist lists. */
export function isForbiddenVariable(name: string): boolean {
  const upper = name.toUpperCase();
  return names.has(upper) || families.test(upper) || prefixes.test(upper);
}
