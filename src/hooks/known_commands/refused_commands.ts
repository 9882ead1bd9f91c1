/** Commands that no whitelist can make safe by patterns, by what they do. */
const commands: Readonly<Record<string, string>> = {
  "runs any command that it is given": `
    sh bash rbash dash ash ksh ksh93 mksh zsh fish csh tcsh pwsh nu elvish xonsh rc es
    env nice ionice chrt taskset numactl nohup setsid stdbuf timeout time xargs parallel watch script flock chroot unshare
    nsenter setpriv prlimit sudo su doas runuser gosu su-exec setuidgid chpst softlimit capsh bwrap firejail proot
    fakeroot unbuffer rlwrap screen tmux dtach faketime hyperfine busybox toybox tini dumb-init catatonit run-parts
    start-stop-daemon systemd-run at batch crontab entr expect strace ltrace gdb valgrind perf ctr crictl docker nerdctl
    podman runc kubectl helm cpulimit command exec eval builtin source logrotate dpkg apt apt-get apk rpm`,
  "runs any program that its arguments hold": `
    awk gawk mawk nawk original-awk goawk perl python pypy ruby irb node nodejs deno bun npm npx php lua luajit tclsh wish
    guile scheme racket sbcl clisp Rscript R julia java jshell javac scala groovy kotlin clojure ghc runghc ocaml erl
    escript elixir iex osascript dotnet go cargo rustc gcc cc tcc c++ g++ clang cpp ld as make gmake bmake cmake ninja just
    m4 dc bc sqlite3 psql mysql mariadb duckdb redis-cli mlr wasmtime wasmer qemu`,
  "edits files and runs commands": `
    vi vim nvim vimdiff view rview ex ed red emacs nano pico micro less more most man pg git hg svn patch`,
  "reaches the network": `
    curl wget nc ncat netcat socat ssh scp sftp rsync telnet ftp lftp tftp aria2c http https xh curlie grpcurl websocat
    openssl gnutls-cli s3cmd aws gcloud gsutil az dig nslookup host ping traceroute mail sendmail`,
  "reads, writes or removes files": `
    cp mv ln rm rmdir dd tee tar bsdtar cpio pax ar zip unzip 7z 7za 7zr install mkfifo mknod mkdir mktemp truncate shred
    split csplit touch chmod chown chgrp mount umount sponge find fd fdfind rg ag ack rgrep zgrep locate ls dir vdir tree
    stat file strings cmp comm diff diff3 sdiff join look pr xxd readlink realpath gpg gpg2 age sops xmllint xsltproc
    xmlstarlet pandoc jsonnet cue ytt gomplate jo gron logger mkfs mke2fs fdisk losetup swapon`,
  "reads the environment": "printenv envsubst export set",
  "ends processes or stops the machine": "kill killall pkill shutdown reboot halt poweroff init",
};

/** Why a command is refused whatever its arguments are, by its name. */
export const refusedCommands: ReadonlyMap<string, string> = new Map(
  Object.entries(commands).flatMap(([why, names]) =>
    names.split(/\s+/).filter((name) => name !== "").map((name) =>
      [name.toLowerCase(), why] as const
    )
  ),
);
