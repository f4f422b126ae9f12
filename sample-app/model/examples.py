"""Makes up commands from templates.txt, each with its label. The same seed gives the same commands."""
import pathlib
import re

LABELS = ["CREATE", "READ", "UPDATE", "DELETE"]

LONGEST = 120

WORDS = """app main config user order item test data report build cache log index server client model schema image page
note backup shop web api db worker queue mail blog invoice customer product session event photo music video draft
summary budget letter thesis project release feature login payment cart stock price sales team staff public private
assets static templates vendor scripts docs src lib bin tmp old new prod staging dev demo alpha beta local remote master
core common shared utils helper service gateway proxy frontend backend admin account profile settings export import
archive history metrics alert job task batch daily weekly january summer winter red blue green north south office home
paper music garden lena tom max eva paul router switch sensor device kafka redis postgres nginx apache grafana jenkins
node python java ruby debug trace error access audit token secret key cert hosts passwd readme license makefile""".split()

# Names may say the contrary of what is done with them.
TRAPS = """delete create update read remove insert list add drop get set new put post edit rm cat select install patch
deleted created updated readme removal listing""".split()

SYLLABLES = """ba be bi bo bu ca co da de di do fa fi fo ga ge go ha he hi ja jo ka ke ki ko la le li lo lu ma me mi mo
mu na ne ni no pa pe pi po ra re ri ro ru sa se si so su ta te ti to tu va ve vi vo wa we wi xa ya yo za ze zo er an in
el or ar st tr kr pl gr br sch th qu ex""".split()

EXTENSIONS = """py js java md txt json yaml yml toml csv sql rs go sh log conf ini xml html css ts kt c h cpp rb php pdf
docx xlsx png jpg gz zip iso db bak tmp class lock env properties pem key proto tex""".split()

RESOURCES = """pod deployment service svc deploy configmap cm secret ingress node namespace job cronjob statefulset sts
daemonset ds pvc pv role rolebinding serviceaccount hpa crd replicaset""".split()

NOUNS = """user instance bucket table role policy cluster function key group volume snapshot queue topic image subnet
domain project disk network zone certificate secret account service server record stack token rule pipeline database
backup site team member device order invoice channel message template pool droplet app machine load-balancer""".split()

# What tools that nobody has heard of yet call the four.
VERBS = {
	"CREATE": "create add new init make insert register generate provision launch install import build allocate define"
		" mk clone duplicate spawn bootstrap mint copy scaffold compile upload download publish save snapshot backup issue"
		" enroll fork produce compose setup draft forge seed".split(),
	"READ": "list show get describe info view ls inspect search print find display query count status logs read fetch"
		" cat stats dump history check dig lookup verify validate test explain trace preview report summary watch monitor ping"
		" log env version help whoami members top tail peek diff compare head examine measure probe audit browse".split(),
	"UPDATE": "update set modify edit change rename patch upgrade apply configure resize scale move enable disable"
		" restart start stop replace refresh reload sync adjust alter tune extend reset rotate assign suspend resume pause"
		" unpause lock unlock promote demote attach detach grant tag label annotate rollback migrate merge push commit"
		" approve transfer drain cordon reboot fix repair convert swap bump renew activate deactivate link join mark put"
		" upsert write append increment rebuild rebalance redeploy connect disconnect shutdown toggle override revert".split(),
	"DELETE": "delete remove rm del destroy purge drop uninstall erase prune clear wipe terminate unregister discard"
		" flush clean kill deregister trash evict expunge forget nuke cleanup dispose undeploy reap empty decommission teardown"
		" deprovision obliterate zap rmdir deinit unset".split(),
}

UNHEARD_OF = [
	"<tool> <verb> <name>", "<tool> <verb> <noun> <name>", "<tool> <noun> <verb> <name>", "<tool> <verb> <option> <name>",
	"<tool> <noun> <verb> <option> <name>", "<tool> <noun> <noun> <verb> <name> <option>", "<tool> <verb>-<noun> <name>",
	"<tool> <verb>_<noun> <name>", "<tool> <verb>_<noun>s", "<tool> <verb>-<noun>s <option>", "<tool> <noun>s <verb>",
	"<tool> <verb> <path>", "<tool> <option> <verb> <name>", "<tool> <noun> <verb> <option>", "<tool>-<verb> <name>",
	"<tool><verb> <path>", "<tool><verb> <option> <name>", "<tool> <noun>:<verb> <name>", "<verb>-<noun> <name>",
	"<tool> <verb> <word>/<word>", "<tool> --<verb> <name>", "<tool> <noun> --<verb> <name>", "<verb><noun> <name>",
	"<tool> [<option> |]<verb> <option> <option>", "<tool> <noun> <noun> <verb> --<noun> <name> --<word> <word>",
	"<tool> <word> <verb> [<name>|<path>|<n>]", "<tool> <noun>s <verb> --<noun>-id <name>",
	"<tool> <option> <noun> <verb> <name>",
	"<tool> --[profile|namespace|context|region|project|config] <word> <noun> <verb> <name>",
	"<tool> <noun>s:<verb>[ <name>|]",
	"<tool> <word>:<verb> <option>", "<tool> <verb>:<noun> <name>", "<tool> <noun>.<verb> <name>",
	"<tool> -<letter> <word> <verb> <name>",
	"<tool>.sh --<verb> --<noun> <name> <option>", "<tool>.sh [--<word> <host>:<port> |]--<verb> --<noun> <name>",
	"<tool> <noun>-<verb> <name>", "<tool> <noun>_<verb> <name>", "<tool>-<noun>-<verb> <option>",
	"<tool> <verb> [-f|-y|-q|-n|-a] <name>",
	"<tool> [exec|run|cmd] <verb> <name>", "<tool> <noun> <verb>", "<tool> <verb>", "<tool> /<verb> <name>",
	"<tool> <noun> <name> /<verb>",
	"<tool> /<verb> /[tn|n|id] <name>", "<tool> <noun> <name> <verb>", "<tool> <noun>/<name> <verb>",
	"<tool> <verb> <noun>/<name>",
	"<tool> <verb> [--all|--force|--yes|--dry|--json] <noun>s", "<tool> <name>.<verb>(<n>)", "<syllables>.<verb>('<name>')",
	"[please |]<verb> [the|a|my|all|every|this|that] <noun>[ <name>|s|]", "<verb> <noun> [<name>|called <name>|<path>]",
	"<verb> [the|a|my|] [file|directory|folder|table|row|entry] [<path>|<name>]",
]

TEMPLATES = {
	"tool": "[<syllables>|<syllables>ctl|<syllables>-cli|<word>ctl|<word>|<syllables>.sh|./<word>.py]",
	"option": "[--<word>|--<word>=<word>|--<word> <n>|-<letter> <word>|-<letter>|--<word>-<word>=<syllables>|--<noun> <name>]",
	"name": "[<word>|<word>-<word>|<word>_<word>|<word>-<d>|<syllables>|<syllables>-<n>|<word>-<syllables>|<word><d>]",
	"file": "[<word>|<word>_<word>|<word>-<word>|<syllables>|<word><d>|<syllables>-<version>].<ext>",
	"dir": "[|./|../|/|~/|/var/|/home/<user>/|/tmp/|/opt/|/srv/|/usr/local/|/etc/|src/][<word>|<syllables>|<word>-<word>]"
		"[|/<word>|/<syllables>|/<word>/<syllables>|/<n>|/]",
	"path": "[<file>|<file>|<file>|<dir>/<file>|<dir>/<file>|./<file>|src/<file>|/tmp/<file>|<dir>|<dir>/<word>|~/.<word>rc"
		"|/etc/<word>/<file>|'<word> <file>'|\"<dir>/<file>\"|<dir>/<glob>|.<word>|/var/log/<word>.log|<syllables>|$<word>"
		"|/etc/<word>|Makefile|README.md|C:\\<word>\\<file>]",
	"glob": "[*.<ext>|<word>*|*.<ext>|*<word>*|<word>-*.<ext>|*~|<word>?.<ext>]",
	"quotedglob": "['*.<ext>'|\"*.<ext>\"|'<word>*'|<file>|'*<word>*'|\\*.<ext>|<word>|'.<word>']",
	"pattern": "[<word>|'<word>'|\"<word>\"|'<word> <word>'|\"<word>: <n>\"|'^<word>'|'<word>$'|<syllables>|TODO|ERROR"
		"|'^#'|-e <word>]",
	"string": "[\"<word> <word>\"|'<word> <word>'|\"<verbs> <word>\"|'<verbs> the <word> <noun>'|\"<word>\"|'<word>'"
		"|\"Fix <word>\"|\"<word>: <verbs> <word> <syllables>\"|hello|\"<syllables> <word> <n>\"]",
	"quoted": "[\"<word> <word>\"|'<word>'|\"<n> days ago\"|yesterday|\"<d> hours ago\"|'<word>=<word>'|\"<word>:<word>\"]",
	"user": "[<word>|<syllables>|root|www-data|<word><d>|<syllables>]",
	"host": "[localhost|<word>.example.com|<syllables>.org|<ip>|api.<word>.io|<word>|<word>-<d>|<syllables>.<word>.net|host]",
	"ip": "[10.0.<d>.<n>|192.168.<d>.<n>|127.0.0.1|172.16.<d>.<d>]",
	"urlpath": "[<word>|<word>s|<word>s/<n>|v<d>/<word>s|api/<word>s/<n>|api/v<d>/<word>s|<word>s/<n>/<word>s|<syllables>"
		"|api/v<d>/<word>s/<syllables>|<noun>s/<n>|<word>/<word>.<ext>|rest/<noun>s/<sha>]",
	"url": "[http://|https://|https://|]<host>[|:<port>]/[<urlpath>|<urlpath>?<word>=<word>|<urlpath>|]",
	"quotedurl": "['<url>'|\"<url>\"|'<url>?<word>=<n>&<word>=<word>'|\"<url>/$<word>\"]",
	"giturl": "[https://|git@|ssh://git@][<host>|git<word>.com|<syllables>.com][/|:]<word>/[<word>|<syllables>|<word>-<word>]"
		"[.git|.git|]",
	"header": "[-H 'Content-Type: application/json'|-H \"Authorization: Bearer $<word>\"|-H 'Accept: text/<word>'"
		"|-H \"X-<word>: <word>\"|--header 'Accept: application/json'|-H 'Authorization: token <sha>']",
	"body": "[-d '<json>'|-d <word>=<word>|--data '<json>'|-d @<file>|-d \"<word>=<word>&<word>=<n>\"|--data-raw '<json>'"
		"|--data @<path>|--data-binary @<file>]",
	"json": "{\"<word>\":[<n>|\"<word>\"|true|null|{\"<word>\":<n>}|\"<word> <word>\"]}",
	"mjson": "[{<word>: <n>}|{<word>: \"<word>\"}|{_id: <n>}|{<word>: '<word>'}|{<word>: {$gt: <n>}}|{<word>: true}"
		"|{<word>: \"<word>\", <word>: <n>}|{_id: ObjectId(\"<sha>\")}|{\"<word>\": \"<word>\"}]",
	"coll": "[<word>s|<word>|<noun>s|<syllables>]",
	"table": "[<word>|<word>s|<noun>s|<word>_<word>|<word>_<noun>s|<syllables>|<word>.<word>s|tbl_<word>|\"<word>\"|<word>s_<n>]",
	"col": "[<word>|id|name|<word>_id|<word>_<word>|created_at|updated_at|deleted_at|email|status|<syllables>|is_<word>]",
	"cols": "[<col>|<col>, <col>|<col>,<col>|<col>, <col>, <col>|<col>, <col>, <col>]",
	"coldef": "<col> [int|text|varchar(<n>)|bigint not null|serial primary key|timestamp|boolean default false|numeric(10,2)"
		"|uuid|date]",
	"value": "['<word>'|<n>|null|true|'<word> <word>'|now()|'<word>'|<d>.<n>|?|:<word>|$1|'<verbs>']",
	"where": "<col> [= <value>|= <value>|=<n>|> <n>|< <n>|<= <n>|!= '<word>'|<> <n>|is null|is not null|like '%<word>%'"
		"|in (<n>, <n>)|between <n> and <n>|> now()|in ('<word>', '<word>')|ilike '<word>%'|< '20<d><d>-0<d>-1<d>']",
	"agg": "[count(*)|sum(<col>)|avg(<col>)|max(<col>)|min(<col>)|count(distinct <col>)|count(<col>)]",
	"branch": "[<word>|feature/<word>|fix/<word>-<word>|<syllables>|release/<version>|<word>-<word>|main|develop|hotfix-<n>"
		"|<user>/<word>|bugfix/<n>-<word>]",
	"sha": "[a<n>f<n>c|<d>b<n>e<d>f|f<d><d>a<d><d>c|<d>e<n>d<d>]",
	"tag": "v[<version>|<version>-rc<d>|<d>.<d>|<version>-beta]",
	"version": "<d>.<d>.<d>",
	"image": "[<word>|<word>:<version>|<word>/<word>|<word>/<word>:latest|<host>/<word>/<name>:<version>|<syllables>:<d>"
		"|<word>:<d>-alpine|<syllables>/<word>]",
	"container": "[<word>|<word>-<d>|<word>_<word>_1|<syllables>|<sha>|<name>]",
	"res": "<resources>",
	"pkg": "[<word>|<syllables>|lib<syllables>|<word>-<word>|python3-<word>|<syllables><d>|<word>-<syllables>|<word>-dev]",
	"unit": "[<word>|<word>.service|<syllables>d|<word>@<d>.service|<word>.timer|<syllables>.service|<word>.socket]",
	"key": "[<word>|<word>:<n>|<word>:<word>|<word>:<n>:<word>|<word>_<word>|<syllables>:<sha>|\"<word>:<word>\"]",
	"redisopt": "[|||-h <host> |-n <d> |-a <word> |-p <port> |-u <word> |--raw ]",
	"bucket": "[<word>-<word>|<syllables>-<word>|<word>-<n>|<word>.<word>|<word>-<word>-<n>]",
	"service": "[ec2|iam|lambda|rds|dynamodb|sqs|sns|s3api|ecs|eks|route53|cloudwatch|logs|kms|cloudfront|glue|<syllables>]",
	"gservice": "[compute|container|sql|iam|pubsub|functions|run|dns|projects|compute disks|compute instances|kms|app"
		"|storage buckets|sql instances|pubsub topics|container clusters|run services|compute networks|<syllables>]",
	"awsopt": "[--<noun>-name <name>|--<noun>-id <syllables>-<sha>|--region <word>|--<noun>-ids i-<sha>|--name <name>"
		"|--output table|--profile <word>|--<noun>-arn <word>:<word>|--<word>-<noun> <word>|--query '<word>']",
	"archive": "[<word>|<word>-<n>|<syllables>|<dir>/<word>|<word>-<version>|../<word>][.tar|.tar.gz|.tgz|.zip|.tar.xz|.tar.bz2|.7z]",
	"winpath": "[C:\\<word>\\<file>|C:\\<word>|.\\<file>|.\\<word>\\<file>|<file>|<file>|<word>|D:\\<word>\\<word>"
		"|$env:TEMP\\<file>|$<word>|..\\<word>\\<file>|\"C:\\Program Files\\<word>\"|.\\<word>\\|*.<ext>"
		"|C:\\<word>\\*.<ext>|\\\\<host>\\<word>\\<file>|%TEMP%\\<word>|'<file>'|<word>\\<word>|<letter>:\\<syllables>]",
	"regkey": "[HKLM|HKCU|HKEY_LOCAL_MACHINE|HKCR|HKLM:][\\Software|\\System|\\<pascal>]\\<pascal>[|\\<pascal>"
		"|\\<pascal>\\<pascal>]",
	"psarg": "[-Name <word>|-Path <winpath>|-Force|-Recurse|-Verbose|-<pascal> <word>|-<pascal> \"<word> <word>\""
		"|-Confirm:$false|-ErrorAction SilentlyContinue|-<pascal> $true|-<pascal> <n>|-ComputerName <host>"
		"|-Filter *.<ext>|-<pascal> $<word>|-Id <n>|-<pascal> '<word>'|-Identity <user>|-Name <pascal>]",
	"psnoun": "[<pascal>|<pascal>|<pascal>|Item|Service|ADUser|ADGroup|VM|Az<pascal>|AzVM|EC2<pascal>|SPSite|MgUser"
		"|Net<pascal>|Local<pascal>|Dns<pascal>|Sql<pascal>|Vi<pascal>|WebSite|Mailbox|Printer|SmbShare|Volume|Disk"
		"|ScheduledTask]",
	"psthing": "[<pascal>|<pascal>|<pascal>|Item|ADUser|ADGroup|VM|Az<pascal>|AzVM|EC2<pascal>|MgUser|Local<pascal>"
		"|Dns<pascal>|Module|Package|SmbShare|ScheduledTask|<pascal>|WebSite]",
	"mode": "[600|644|755|777|700|u+x|+x|a+r|g-w|o-rwx|u=rw,go=r|0640|-w|ug+rw|400|-x|go-rwx]",
	"port": "[80|443|8080|8443|3000|5000|5432|9090|8000|2<d><d><d>]",
}


class Examples:

	def __init__(self, random, without):
		"""Makes commands with a random.Random, none of which is among `without`."""
		self.random = random
		self.without = without
		self.lines = {label: [] for label in LABELS}
		label = kind = None
		for line in (pathlib.Path(__file__).parent / "templates.txt").read_text("utf-8").splitlines():
			if line.startswith("== "):
				_, label, kind = line.split()
			elif line and not line.startswith("# "):
				self.lines[label].append((line, kind))
		# A line with many choices comes more often.
		self.weights = {label: [min(3, 1 + line.count("|") / 20) for line, _ in self.lines[label]] for label in LABELS}

	def next(self):
		"""Returns a command and its label."""
		while True:
			label = self.random.choice(LABELS)
			if self.chance(0.2):
				text = self.expand(self.random.choice(UNHEARD_OF).replace("<verb>", self.random.choice(VERBS[label])))
				text = text.capitalize() if self.chance(0.1) else text
			else:
				(line, kind), = self.random.choices(self.lines[label], self.weights[label])
				text = getattr(self, kind)(line, label)
			if len(text) <= LONGEST and text not in self.without:
				return text, label

	def shell(self, line, label):
		text = self.expand(line)
		words = text.split(" ")
		if self.chance(0.15) and re.fullmatch("[a-z0-9-]+", words[0]) and {*words[1:3]} & {*VERBS[label]}:
			text = " ".join([self.expand("<tool>"), *words[1:]])
		if self.chance(0.08) and not re.search(r"['\"|>;<&$]", text) and " " in text:
			words = text.split(" ")
			words.insert(self.random.randint(2, len(words)), self.expand("<option>"))
			text = " ".join(words)
		if label == "READ" and self.chance(0.04):
			text += self.expand(" | [head|less|sort|wc -l|grep <pattern>|tail -<n>|sort -u|more|cat|awk '{print $<d>}'|tee /dev/tty]")
		if self.chance(0.2):
			text = self.expand("[sudo |sudo |sudo |sudo -u <user> |cd <dir> && |time |nohup |$ |<word>=<word> |env <word>=<n> "
				"|ssh <host> |# |watch |nice |echo ok && |set -e; |\\]") + text
		elif self.chance(0.03):
			before, kind = self.random.choice(self.lines["READ"])
			if kind == "shell":
				text = self.expand(before) + self.expand("[ && |; ]") + text
		if self.chance(0.08):
			text += self.expand("[ 2>/dev/null| &| ¦¦ true|;| && echo done| >/dev/null 2>&1| -v| --verbose| # <word> <word>| -q]")
		return text.lower() if self.chance(0.02) else text

	def windows(self, line, _):
		text = self.expand(line)
		if self.chance(0.1):
			text = self.expand("[PS> |PS C:\\> |powershell -Command |pwsh -c |$<word> = |cmd /c |cd <winpath>; |&]") + text
		case = self.random.random()
		return text.lower() if case < 0.06 else text.upper() if case < 0.08 else text

	def http(self, line, _):
		text = self.expand(line)
		return text + self.expand("[ ¦ jq .| ¦ jq|;| -s| &| 2>/dev/null| ¦ jq '.<word>']") if self.chance(0.08) else text

	def sql(self, line, _):
		text = re.sub(r"<(where|agg|coldef)>", lambda name: self.choices(TEMPLATES[name[1]]), self.choices(line))
		case = self.random.random()
		if case < 0.55:
			text = re.sub(r"<\w+>|[^<]+|<", lambda part: part[0] if re.fullmatch(r"<\w+>", part[0]) else part[0].upper(), text)
		text = self.names(text)
		if case > 0.97:
			text = text.upper()
		elif case > 0.92:
			text = text.capitalize()
		if self.chance(0.3):
			text += ";"
		if self.chance(0.25) and '"' not in text:
			quoted = '"' + text + '"' if "'" in text or self.chance(0.6) else "'" + text + "'"
			return self.expand("[psql -c @|psql <word> -c @|psql -U <user> -d <word> -c @|mysql -e @|mysql <word> -e @|sqlite3 <file> @"
				"|mysql -u <user> -p -e @|psql -h <host> -c @|echo @ ¦ psql <word>|sqlite3 <dir>/<file> @|mariadb -e @"
				"|sqlcmd -Q @|psql -At -c @ <word>|clickhouse-client -q @|bq query @|duckdb <file> @|mysql -h <host> <word> -e @"
				"]").replace("@", quoted)
		return text

	def mongo(self, line, _):
		text = self.expand(line)
		if self.chance(0.2) and "'" not in text:
			return self.expand("[mongosh|mongo|mongosh <word>|mongo <host>/<word>] --eval '@'").replace("@", text)
		return text

	def chance(self, probability):
		return self.random.random() < probability

	def expand(self, template):
		return self.names(self.choices(template))

	def choices(self, template):
		while "[" in template:
			chosen = re.sub(r"\[([^\[\]]*)\]", lambda group: self.random.choice(group[1].split("|")), template)
			if chosen == template:
				break
			template = chosen
		return template.replace("¦", "|")

	def names(self, text):
		return re.sub(r"<([a-z]+)>", lambda name: self.name(name[1]), text)

	def name(self, name):
		random = self.random
		if name == "word":
			chance = random.random()
			return random.choice(WORDS) if chance < 0.6 else random.choice(TRAPS) if chance < 0.66 else self.name("syllables")
		if name == "syllables":
			text = "".join(random.choice(SYLLABLES) for _ in range(random.randint(1, 4)))
			chance = random.random()
			return text.capitalize() if chance < 0.08 else text.upper() if chance < 0.12 else text
		if name == "pascal":
			return "".join(self.name("word" if self.chance(0.7) else "noun").capitalize() for _ in range(random.randint(1, 2)))
		if name == "traps":
			text = random.choice(TRAPS) if self.chance(0.6) else self.name("verbs")
			return text.upper() if self.chance(0.3) else text
		if name == "noun":
			return random.choice(NOUNS) if self.chance(0.75) else self.name("syllables")
		if name == "verbs":
			return random.choice(VERBS[random.choice(LABELS)])
		if name == "resources":
			return random.choice(RESOURCES)
		if name == "ext":
			return random.choice(EXTENSIONS)
		if name == "letter":
			return random.choice("abcefghijklmnopqstuvwxyz")
		if name == "d":
			return str(random.randint(1, 9))
		if name == "n":
			return str(random.randint(0, random.choice([9, 99, 999, 9999])))
		if name == "mlist":
			return self.expand("<mjson>, <mjson>").join("[]") if self.chance(0.5) else self.expand("<mjson>").join("[]")
		return self.expand(TEMPLATES[name])
