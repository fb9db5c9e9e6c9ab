const PROGRAMS = new Set(
  (
    "ansible ansible-playbook apt apt-get aws az base64 bash brew cat cd chmod chown cp crictl crontab ctr curl cut date df dig " +
    "dmesg dnf docker docker-compose du echo env etcdctl export fail2ban-client find firebreak firewall-cmd free gcloud git grep gunzip " +
    "gzip head helm host htop ifconfig iostat ip ip6tables iptables journalctl jq kill killall kubectl last launchctl ls lsof lsblk " +
    "mkdir mongo mongosh mount mv mysql mysqladmin mysqldump nc ncat netstat nft nginx nmap node npm npx nslookup ollama openssl patronictl pg_ctl " +
    "pg_dump pg_isready pg_restore ping pip pkill pm2 podman ps psql python python3 rabbitmqctl redis-cli rm rsync ruby scp screen sed " +
    "security service sh sha256sum sleep ss ssh stat strace sudo supervisorctl systemctl tail tar tcpdump telnet terraform top touch " +
    "traceroute ufw umount uname uptime useradd userdel usermod vault vim vi nano vmstat w wget who whoami xargs yum zcat zgrep"
  ).split(" "),
);

/** A line of code that starts something: a known program with words, or a script by its path. */
export function looksLikeCommand(text: string): boolean {
  const words = text
    .trim()
    .replace(/^\$\s+/, "")
    .split(/\s+/, 3);
  const [program = "", ...rest] = words;
  if (/^(\.{1,2}|~)?\/[\w./-]+\.(sh|py|rb|js|pl)$/.test(program) || /^\.\/[\w./-]+$/.test(program)) return true;
  return PROGRAMS.has(program) && (rest.length > 0 || ["w", "who", "top", "htop", "dmesg", "last"].includes(program));
}

/** A block without a language that is shell by what stands in it. */
export function looksLikeShell(lines: readonly { readonly text: string }[]): boolean {
  const told = lines.map(({ text }) => text.trim()).filter((text) => text !== "" && !text.startsWith("#"));
  const first = told[0];
  return first !== undefined && (looksLikeCommand(first) || told.some((text) => /^\$\s+\S/.test(text)));
}
