#!/bin/sh
# Makes recording.mp4: ten seconds of a Mandelbrot zoom with a clock in the corner, and a tone pattern in stereo.
#
# H.264 High, 1280x720, 30 fps, B-frames, a key frame every second; AAC-LC, 48 kHz. One thread and bit-exact flags make the
# same ffmpeg build write the same bytes every time. The setts filter moves the audio's priming packet from -21 ms to 0, so
# that no packet lies before the first key frame: a fragment cannot begin earlier than its key frame.
set -eu
cd "$(dirname "$0")"

ffmpeg -v error -y \
  -f lavfi -i 'mandelbrot=size=1280x720:rate=30:start_scale=0.5:end_scale=0.01:end_pts=400:bailout=12' \
  -f lavfi -i 'testsrc2=size=320x180:rate=30' \
  -f lavfi -i 'aevalsrc=exprs=0.25*sin(2*PI*220*t)*(1-mod(t\,1))|0.25*sin(2*PI*(330+110*floor(mod(2*t\,4)))*t)*(1-mod(2*t\,1)):s=48000' \
  -filter_complex '[0:v][1:v]overlay=x=W-w-24:y=H-h-24,format=yuv420p[v]' -map '[v]' -map 2:a -t 10 \
  -c:v libx264 -profile:v high -level:v 4.0 -preset slower -b:v 1200k -maxrate 1600k -bufsize 2400k \
  -g 30 -keyint_min 30 -sc_threshold 0 -bf 3 -threads 1 \
  -c:a aac -b:a 96k -ac 2 -bsf:a 'setts=pts=PTS+1024:dts=DTS+1024' \
  -fflags +bitexact -flags:v +bitexact -flags:a +bitexact -map_metadata -1 -movflags +faststart \
  recording.mp4
