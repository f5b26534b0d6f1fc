/// A file system whose files can be opened and never answer a read, by way of /dev/fuse: what a dead
/// network mount is to who reads from it. Run as `hang FOLDER`; FOLDER shows the file `x.conf`. A read
/// that a signal interrupts ends with EINTR, as it does under libfuse.
let hangingFiles = """
  #!/usr/bin/python3
  import ctypes, errno, os, struct, sys
  path = sys.argv[1]
  os.makedirs(path, exist_ok=True)
  device = os.open("/dev/fuse", os.O_RDWR)
  libc = ctypes.CDLL(None, use_errno=True)
  options = f"fd={device},rootmode=40755,user_id=0,group_id=0".encode()
  if libc.mount(b"hang", path.encode(), b"fuse.hang", 0, options) != 0:
      sys.exit("mount: " + os.strerror(ctypes.get_errno()))

  def attributes(node):
      mode = 0o40755 if node == 1 else 0o100755
      return struct.pack("<6Q10I", node, 100, 1, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

  def answer(unique, error, body=b""):
      os.write(device, struct.pack("<IiQ", 16 + len(body), -error, unique) + body)

  while True:
      request = os.read(device, 1 << 17)
      _, code, unique, node = struct.unpack_from("<IIQQ", request)
      body = request[40:]
      if code == 26:
          answer(unique, 0, struct.pack("<IIIIHHIIHH8I", 7, 31, 0, 0, 12, 9, 4096, 1, 0, 0, *[0] * 8))
      elif code == 1:
          answer(unique, 0, struct.pack("<4Q2I", 2, 1, 1, 1, 0, 0) + attributes(2))
      elif code == 3:
          answer(unique, 0, struct.pack("<Q2I", 1, 0, 0) + attributes(node))
      elif code in (14, 27):
          answer(unique, 0, struct.pack("<Q2I", 1, 1, 0))
      elif code == 28:
          offset = struct.unpack_from("<QQ", body)[1]
          name = b"x.conf"
          entry = struct.pack("<QQII", 2, 1, len(name), 8) + name.ljust(8, bytes(1))
          answer(unique, 0, b"" if offset else entry)
      elif code in (18, 25, 29):
          answer(unique, 0)
      elif code == 36:
          answer(struct.unpack_from("<Q", body)[0], errno.EINTR)
      elif code not in (2, 15, 42):
          answer(unique, errno.ENOSYS)
  """
