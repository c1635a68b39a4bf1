package kubelet

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// Runtime runs containers.
type Runtime interface {
	// Command returns a command that runs the container, ends as it does, and hands SIGTERM on.
	Command(c *Container) *exec.Cmd
	// Kill ends a container that did not obey.
	Kill(c *Container, running *exec.Cmd)
}

// Podman runs containers by podman: read-only, without capabilities, by the pod's user, below its limits, and on the
// network of this machine.
type Podman struct {
	// Program is podman with its own flags.
	Program []string
	// Image stands for the image of every pod.
	Image string
}

// Command implements Runtime.
func (p *Podman) Command(c *Container) *exec.Cmd {
	args := append(append([]string{}, p.Program[1:]...), "run", "--name", c.Name, "--rm", "--network", "host", "--read-only", "--read-only-tmpfs=false",
		"--cap-drop", "all", "--security-opt", "no-new-privileges", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=5000:5000",
		"--user", strconv.FormatInt(c.UID, 10)+":"+strconv.FormatInt(c.GID, 10))
	if c.Cores > 0 {
		args = append(args, "--cpus", strconv.FormatFloat(c.Cores, 'f', -1, 64))
	}
	if c.Memory > 0 {
		args = append(args, "--memory", strconv.FormatInt(c.Memory, 10))
	}
	for path, folder := range c.Mounts {
		args = append(args, "--volume", folder+":"+path+":ro")
	}
	for _, e := range c.Env { // values stay out of the arguments, which everybody on the machine sees
		name, _, _ := strings.Cut(e, "=")
		args = append(args, "--env", name)
	}
	command := exec.Command(p.Program[0], append(append(args, p.Image), c.Args...)...)
	command.Env = append(os.Environ(), c.Env...)
	return command
}

// Kill implements Runtime.
func (p *Podman) Kill(c *Container, running *exec.Cmd) {
	_ = exec.Command(p.Program[0], append(append([]string{}, p.Program[1:]...), "rm", "--force", "--time", "0", c.Name)...).Run()
	_ = running.Process.Kill()
}

// Process runs a program of this machine instead: with the pod's arguments and environment, as this user, and without
// limits. Paths of mounts are replaced in the arguments.
type Process struct{ Program string }

// Command implements Runtime.
func (p *Process) Command(c *Container) *exec.Cmd {
	args := append([]string{}, c.Args...)
	for path, folder := range c.Mounts {
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], path+"/", folder+"/")
		}
	}
	command := exec.Command(p.Program, args...)
	command.Env = c.Env
	return command
}

// Kill implements Runtime.
func (p *Process) Kill(_ *Container, running *exec.Cmd) { _ = running.Process.Kill() }
