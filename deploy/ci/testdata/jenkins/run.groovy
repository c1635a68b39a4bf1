// Runs a declarative Jenkinsfile with the steps that it uses, the way Jenkins does as far as
// these steps go, and prints what came of the build. It is no Jenkins: a directive or step that
// is not here, or that stands where Jenkins would not take it, is an error.
// usage: groovy run.groovy JENKINSFILE
import org.codehaus.groovy.control.CompilerConfiguration

class Failed extends RuntimeException { Failed(String message) { super(message) } }

abstract class Pipeline extends Script {
    static String result = 'SUCCESS'
    static List<String> path = []
    static List<String> seen = []

    // within: a directive's block, allowed below the named ones only.
    Object within(String name, List<String> below, Closure body) {
        String parent = path ? path.last() : ''
        if (!(parent in below)) { throw new IllegalStateException("${name} does not stand in '${parent}'") }
        path << name
        try { return body() } finally { path.removeLast() }
    }
    void step(String name, List<String> below = ['steps', 'script', 'withCredentials', 'post condition']) {
        if (!(path && path.last() in below)) { throw new IllegalStateException("the step ${name} does not stand in '${path ? path.last() : ''}'") }
        seen << name
    }
    Object pipeline(Closure body) {
        within('pipeline', ['']) {
            Map<String, Closure> parts = [:]
            body.delegate = new Object() {
                def methodMissing(String name, Object args) { parts[name] = args ? args[-1] : null }
            }
            body.resolveStrategy = Closure.DELEGATE_FIRST
            body()
            for (must in ['agent', 'stages']) { if (!parts[must]) { throw new IllegalStateException("the pipeline has no ${must}") } }
            Set<String> unknown = parts.keySet() - ['agent', 'options', 'triggers', 'environment', 'stages', 'post', 'parameters', 'tools']
            if (unknown) { throw new IllegalStateException("unknown in pipeline: ${unknown}") }
            for (name in ['agent', 'options', 'triggers', 'environment']) {
                if (parts[name]) { within(name, ['pipeline']) { enter(parts[name]) } }
            }
            try {
                within('stages', ['pipeline']) { enter(parts.stages) }
            } catch (Failed e) {
                println "ERROR: ${e.message}"
                Pipeline.result = 'FAILURE'
            }
            if (parts.post) { within('post', ['pipeline']) { enter(parts.post) } }
        }
        println "steps: ${seen.join(' ')}"
        println "Finished: ${result}"
    }
    Object enter(Closure c) { c.delegate = this; c.resolveStrategy = Closure.DELEGATE_FIRST; c() }
    void setProperty(String name, Object value) {
        if (path && path.last() == 'environment') { environment[name] = value.toString() } else { super.setProperty(name, value) }
    }
    static Map<String, String> environment = [:]

    void label(String name) { step('label', ['agent']) }
    void disableConcurrentBuilds() { step('disableConcurrentBuilds', ['options']) }
    void timeout(Map how) { step('timeout', ['options']); assert how.time > 0 && how.unit in ['SECONDS', 'MINUTES', 'HOURS'] }
    Object logRotator(Map how) { how }
    void buildDiscarder(Object how) { step('buildDiscarder', ['options']) }
    void cron(String when) { step('cron', ['triggers']); assert when.split(' ').length == 5 }
    void stage(String name, Closure body) { within('stage', ['stages']) { enter(body) } }
    void steps(Closure body) { within('steps', ['stage']) { enter(body) } }
    void script(Closure body) { within('script', ['steps', 'withCredentials', 'post condition']) { enter(body) } }
    Map string(Map how) { assert how.keySet() == ['credentialsId', 'variable'] as Set; how }
    void withCredentials(List<Map> which, Closure body) {
        which.each { environment[it.variable] = 'sesame-secret' }
        within('withCredentials', ['steps', 'script']) { enter(body) }
        which.each { environment.remove(it.variable) }
    }
    void always(Closure body) { within('post condition', ['post']) { enter(body) } }
    Object sh(Map how) {
        step('sh')
        assert (how.keySet() - ['script', 'returnStatus']).empty
        if (how.script.contains('sesame-secret')) { throw new IllegalStateException('a secret is in the text of a script') }
        Process p = new ProcessBuilder('sh', '-ec', how.script as String).tap { it.environment().putAll(environment); it.inheritIO() }.start()
        int status = p.waitFor()
        if (how.returnStatus) { return status }
        if (status != 0) { throw new Failed("script returned exit code ${status}") }
    }
    Object sh(String text) { sh(script: text) }
    void error(String message) { step('error'); throw new Failed(message) }
    void unstable(String message) { step('unstable'); println "UNSTABLE: ${message}"; Pipeline.result = 'UNSTABLE' }
    void junit(Map how) {
        step('junit')
        assert (how.keySet() - ['allowEmptyResults', 'testResults', 'skipMarkingBuildUnstable']).empty
        if (!how.allowEmptyResults && !new File(how.testResults).exists()) { println 'ERROR: no test report files were found'; Pipeline.result = 'FAILURE' }
    }
    void archiveArtifacts(Map how) {
        step('archiveArtifacts')
        assert (how.keySet() - ['artifacts', 'allowEmptyArchive']).empty
        File folder = new File(how.artifacts - '/**')
        if (!how.allowEmptyArchive && !folder.list()) { println 'ERROR: no artifacts found'; Pipeline.result = 'FAILURE' }
    }
}

CompilerConfiguration configuration = new CompilerConfiguration(scriptBaseClass: Pipeline.name)
new GroovyShell(this.class.classLoader, new Binding(), configuration).evaluate(new File(args[0]))
