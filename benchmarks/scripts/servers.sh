# shellcheck shell=bash
# Data, servers and lines, and the program under test. Read by run.sh.

# Random bytes that are the same every time. Prints their digest.
make_data() {
	local file="$work/data/$1" count=$2
	head -c "$count" /dev/zero | openssl enc -aes-256-ctr -K "$(printf %064x 2026)" -iv "$(printf %032x 1)" >"$file"
	openssl dgst -sha256 -r "$file" | cut -d' ' -f1
}

free_port() {
	local port
	while port=$((20000 + RANDOM % 12000)) && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
	echo "$port"
}

# A certificate for loopback, and a store in which a JVM trusts it. Where it was made, nginx speaks TLS, too.
make_certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 7 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
		-keyout "$work/nginx/key.pem" -out "$work/nginx/certificate.pem" 2>/dev/null
	keytool -importcert -noprompt -alias benchmark -file "$work/nginx/certificate.pem" -keystore "$work/trust.p12" \
		-storetype PKCS12 -storepass changeit 2>/dev/null
	tls_port=$(free_port)
	tls_url=https://127.0.0.1:$tls_port
	tls="listen 127.0.0.1:$tls_port ssl;
		ssl_certificate $work/nginx/certificate.pem;
		ssl_certificate_key $work/nginx/key.pem;
		ssl_protocols TLSv1.3;"
}

# Two servers, so that there are two mirrors. /limited/ is for rows that need time but no exact rate.
start_nginx() {
	port=$(free_port) second_port=$(free_port)
	cat >"$work/nginx/nginx.conf" <<END
$([[ $(id -u) != 0 ]] || echo "user root;")
worker_processes auto;
daemon off;
pid $work/nginx/pid;
events { worker_connections 512; }
http {
	log_format bytes '\$body_bytes_sent \$status \$server_port \$request_uri';
	access_log $work/nginx/access.log bytes;
	client_body_temp_path $work/nginx/body;
	proxy_temp_path $work/nginx/proxy;
	fastcgi_temp_path $work/nginx/fastcgi;
	uwsgi_temp_path $work/nginx/uwsgi;
	scgi_temp_path $work/nginx/scgi;
	sendfile on;
	keepalive_requests 100000;
	server {
		listen 127.0.0.1:$port;
		listen 127.0.0.1:$second_port;
		${tls-}
		root $work/data;
		location /limited/ {
			alias $work/data/;
			limit_rate 25000000;
			sendfile_max_chunk 250000;
		}
	}
}
END
	nginx -p "$work/nginx" -e "$work/nginx/error.log" -c "$work/nginx/nginx.conf" &
	children+=($!)
	url=http://127.0.0.1:$port
	curl -sS --retry 20 --retry-connrefused --retry-delay 1 -o /dev/null -r 0-0 "$url/model"
}

# Slow lines to the servers. Sets limited_url, mirror_urls (100 + 100 MB/s) and uneven_urls (150 + 50 MB/s).
start_relay() {
	local ports
	exec {relay}< <(exec java -Xmx64m -cp "$jar" dev.modelcache.benchmarks.LimitedRelay \
		"$port" $((25 * MB)) connection \
		"$port" $((100 * MB)) total "$second_port" $((100 * MB)) total \
		"$port" $((150 * MB)) total "$second_port" $((50 * MB)) total)
	children+=($!)
	read -r -a ports <&"$relay"
	ports=("${ports[@]/#/http://127.0.0.1:}")
	ports=("${ports[@]/%//model}")
	limited_url=${ports[0]} mirror_urls=("${ports[@]:1:2}") uneven_urls=("${ports[@]:3:2}")
}

# The long-running program: the JVM of a user's application is warm, too.
start_cache() {
	mkdir "$work/warm"
	coproc CACHE { exec "${measured_java[@]}" -jar "$jar" "$work/warm"; }
	children+=("$CACHE_PID")
}

ask() {
	local answer
	echo "$*" >&"${CACHE[1]}"
	read -r answer <&"${CACHE[0]}" || die "the program under test has ended"
	[[ $answer != error* ]] || die "$* -> $answer"
	echo "$answer"
}
