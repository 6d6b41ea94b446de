// Command forkserver is a Python program without its start, the real AWS CLI or the emulator
// of AWS: a client of server.py, which forks the warmed program for each call. The first call
// starts the server and runs the plain program, as does every call that no server answers.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// The toolchain sets all when it links this program.
var (
	// python is the interpreter that has the program.
	python string
	// command is the program's own script, or the folder with its __main__.py.
	command string
	// server is the script of the server.
	server string
	// program is the module beside the server's script that warms and runs the program.
	program string
)

// begun is what the server sends when the call runs.
const begun = 'B'

func main() {
	if status, answered := call(); answered {
		os.Exit(status)
	}
	// Python finds its virtual environment beside the name that it is called by.
	err := syscall.Exec(python, append([]string{python, command}, os.Args[1:]...), os.Environ())
	fmt.Fprintf(os.Stderr, "%s: %s: %v\n", filepath.Base(os.Args[0]), python, err)
	os.Exit(127)
}

// call makes the call through the server and returns its exit status, unless it has to be
// made by the plain program.
func call() (status int, answered bool) {
	if needsOwnStart(os.Environ()) {
		return 0, false
	}
	socket, err := socketPath()
	if err != nil {
		return 0, false
	}
	connection, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		startServer(socket)
		return 0, false
	}
	defer connection.Close()
	if err := send(connection); err != nil {
		return 0, false
	}
	var first [1]byte
	if _, err := io.ReadFull(connection, first[:]); err != nil || first[0] != begun {
		return 0, false
	}
	var code int32
	if err := binary.Read(connection, binary.BigEndian, &code); err != nil {
		fmt.Fprintf(os.Stderr, "%s: the server ended in the middle of this call\n", filepath.Base(os.Args[0]))
		return 1, true
	}
	status = int(code)
	if status < 0 { // a signal ended the call
		status = 128 - status
	}
	return status, true
}

// needsOwnStart is whether a variable changes what Python or the program does while it starts:
// the server has started without it.
func needsOwnStart(environment []string) bool {
	locale := map[string]string{}
	for _, pair := range environment {
		name, value, _ := strings.Cut(pair, "=")
		switch {
		case name == "PYTHONUNBUFFERED", name == "PYTHONDONTWRITEBYTECODE":
			// The server does the first itself; the second is for programs that import anew.
		case strings.HasPrefix(name, "PYTHON"), name == "AWS_DATA_PATH", name == "AWS_NEW_RETRIES_2026",
			name == "BOTO_DISABLE_CRT", strings.HasPrefix(name, "LD_"):
			return true
		case name == "LC_ALL", name == "LC_CTYPE", name == "LANG":
			locale[name] = value
		}
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := locale[name]; value != "" {
			_, encoding, _ := strings.Cut(strings.ToLower(value), ".")
			return value != "C" && value != "POSIX" && encoding != "utf-8" && encoding != "utf8"
		}
	}
	return false
}

// socketPath is where the server of this version of the program, and of no other, listens.
func socketPath() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	version := sha256.New()
	fmt.Fprintln(version, python, command, server, program)
	for _, folder := range []string{filepath.Dir(server), command} {
		if err := describe(version, folder); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%s-%x.socket", self, version.Sum(nil)[:6]), nil
}

// describe writes the names, sizes and times of the Python files at a path.
func describe(version io.Writer, path string) error {
	return filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".py" {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		fmt.Fprintln(version, name, info.Size(), info.ModTime().UnixNano())
		return nil
	})
}

// startServer starts the server unless another call does. Nothing waits for it.
func startServer(socket string) {
	lock, err := os.OpenFile(socket+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return
	}
	defer lock.Close()
	// The server inherits the file, and with it the lock, until it ends.
	if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return
	}
	cmd := exec.Command(python, server, socket, program, command)
	cmd.Env = []string{"LC_ALL=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1"}
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	_ = cmd.Start() // a server that is missing costs time, and nothing else
}

// send sends this process's arguments, environment, working directory and standard files.
func send(connection *net.UnixConn) error {
	directory, err := os.Open(".")
	if err != nil {
		return err
	}
	defer directory.Close()
	umask := syscall.Umask(0)
	syscall.Umask(umask)
	fields := append([]string{strconv.FormatInt(int64(umask), 8), strconv.Itoa(len(os.Args) - 1)}, os.Args[1:]...)
	payload := strings.Join(append(fields, os.Environ()...), "\x00")
	head := binary.BigEndian.AppendUint64(nil, uint64(len(payload)))
	if _, _, err := connection.WriteMsgUnix(head, syscall.UnixRights(0, 1, 2, int(directory.Fd())), nil); err != nil {
		return err
	}
	_, err = io.Copy(connection, bytes.NewBufferString(payload))
	return err
}
