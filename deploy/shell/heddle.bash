# Completion of heddle for bash, made by docs/shell-files.ts. Source it, or: source <(heddle completion bash)
_heddle() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words= kind=directory
  case $previous in
    --tls) words="acme dev" ;;
    --tls-redirect) words="false" ;;
    --etag) words="auto content" ;;
    --threads) words="auto per-connection" ;;
    --transport) words="auto kernel portable" ;;
    --accept) words="auto reuse-port transfer" ;;
    --mptcp) words="auto off" ;;
    --over-limit) words="wait refuse" ;;
    --sandbox) words="auto strict off" ;;
    --server-log) words="words json" ;;
    completion) words="bash zsh fish" ;;
    --socket|--tls-cert|--tls-key|--tls-pfx|--tls-passphrase-file|--tls-client-ca|--config|--health-path|--pid-file|--log-file|check|top) kind=file ;;
    --listen|-p|--port|--fd|--socket-mode|--domain|--email|--acme-directory|--acme-profile|--acme-challenge|--tls-client-certificate|--tls-redirect-fd|--trusted-proxies|--forwarded-fields|--trailing-slash|--encoded-slashes|--markdown|--early-hints|--images|--auth|--rate-limit|--concurrency|--bandwidth|--keep-previous|--revalidate|--max-threads|--client-connections|--grace|--drain-delay|--admin|--log|--log-mask|--log-rotate|--log-keep) return ;;
  esac
  if [[ -z $words && $word == -* ]]; then
    words="--listen --host --port --socket --fd --socket-mode --tls --domain --email --acme-directory --acme-profile --acme-challenge --acme-staging --tls-cert --tls-key --tls-pfx --tls-passphrase-file --tls-client-ca --tls-client-certificate --tls-redirect --tls-redirect-fd --trusted-proxies --forwarded-fields --proxy-protocol --no-http2 --h2c --spa --clean-urls --trailing-slash --encoded-slashes --markdown --early-hints --images --listing --zip --cors --hsts --security-headers --auth --maintenance --rate-limit --concurrency --bandwidth --etag --no-compress --digests --dictionaries --keep-previous --revalidate --threads --max-threads --transport --accept --mptcp --client-connections --over-limit --grace --drain-delay --config --no-config --sandbox --admin --console --health-path --pid-file --trace --trace-secrets --log --log-file --log-mask --log-rotate --log-keep --server-log --quiet --version --help"
  fi
  if [[ -n $words ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    return
  fi
  compopt -o filenames
  mapfile -t COMPREPLY < <(
    compgen -A "$kind" -- "$word"
    ((COMP_CWORD == 1)) && compgen -W "check completion config dictionary explain hash-password help precompress top trust upgrade" -- "$word"
  )
}
complete -F _heddle heddle
