#!/bin/busybox sh
# The whole user space of the test guest: mounts the data partition, then carries out lines typed on the
# keyboard. What a line says goes to the screen and to the first serial line, where the test reads it:
#
#   --- ready ---                   the guest waits for a line
#   --- line 1 status 0 ---         the first line has ended with this status; what it said stands before
#
# Words that need no shift key on a PC keyboard:
#   save NAME TEXT…  show NAME  gone NAME  sync  poweroff  reboot      and everything of busybox's shell
export PATH=/bin
/bin/busybox mkdir -p /proc /sys /dev /data /tmp
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev

while read -r module; do insmod "/modules/$module"; done < /modules/order

for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  [ -b /dev/sda2 ] && break
  sleep 0.1
done
mount -t ext4 /dev/sda2 /data || echo "--- no data partition ---" > /dev/ttyS0

save() { name=$1; shift; echo "$*" > "/data/$name" && sync; }
show() { cat "/data/$1"; }
gone() { [ ! -e "/data/$1" ]; }
leave() { cd /; sync; umount /data; echo "--- $1 ---" > /dev/ttyS0; "$@" -f; }

number=0
echo "--- ready ---" > /dev/ttyS0
echo "Linux $(uname -r) is ready."
while printf '> ' && IFS= read -r line; do
  case $line in
    '') continue ;;
    poweroff | reboot) leave $line ;;
  esac
  number=$((number + 1))
  (eval "$line") > /tmp/said 2>&1
  status=$?
  cat /tmp/said
  { cat /tmp/said; echo "--- line $number status $status ---"; } > /dev/ttyS0
done
