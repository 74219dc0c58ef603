#!/bin/sh
# What the recording that ships with Ocelli shows: a small shop on one host, its visitors, and somebody who should not be there.
# Run by tools/record-demo.ts, as root, in a folder of its own, with a container's control group as CGROUP.
cgroup=$CGROUP
mkdir -p shop/orders shop/log
echo "tea 4" > shop/prices
echo "<h1>Shop</h1>" > shop/index.html

# The shop runs in a container: a process whose control group says so.
(
  echo 0 > "$cgroup/cgroup.procs"
  cd shop || exit 1
  exec busybox httpd -f -p 127.0.0.1:8081
) &
shop=$!
sleep 0.5

round=0
while [ "$round" -lt 14 ]; do
  round=$((round + 1))
  for visitor in 1 2 3; do
    wget -q -O /dev/null http://127.0.0.1:8081/index.html
  done
  echo "order $round" > "shop/orders/$round.tmp"
  mv "shop/orders/$round.tmp" "shop/orders/$round"
  grep -q tea shop/prices
  find shop -name '*.html' -exec wc -c {} + > /dev/null
  case $round in
    8) setpriv --reuid 33 --regid 33 --clear-groups cat /etc/shadow 2> /dev/null ;;
    5) tar -czf shop/orders.tar.gz -C shop orders ;;
    6) wget -q -T 1 -t 1 -O /dev/null http://127.0.0.1:9/ ;;
    3)
      # The intruder: into the container's group, a program in a folder for everyone, the passwords, and a log less.
      (
        echo 0 > "$cgroup/cgroup.procs"
        cp /bin/busybox /tmp/busybox
        /tmp/busybox true > /dev/null
        cat /etc/shadow > /dev/null
        rm /tmp/busybox
        touch /var/log/shop-access.log
        rm /var/log/shop-access.log
      )
      ;;
    11) sh -c 'ls / > /dev/null; id > /dev/null; uname -a > /dev/null' ;;
  esac
  sleep 1
done
kill "$shop"
wait "$shop"
