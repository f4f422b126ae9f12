// The page of modelcache. It shows what models/events sends, and posts what its buttons say to the endpoint
// actuator/modelcache. To use it elsewhere, copy its files, ModelController and ModelView. All text is set as text, never
// as HTML.
'use strict';

const byId = (id) => document.getElementById(id);
const SVG_SECONDS = 60;

const STATES = {
	ABSENT: { text: 'Not downloaded', tone: '' },
	WAITING: { text: 'Waiting', tone: 'wait' },
	RESOLVING: { text: 'Resolving', tone: 'busy' },
	DOWNLOADING: { text: 'Downloading', tone: 'busy' },
	VERIFYING: { text: 'Verifying', tone: 'busy' },
	READY: { text: 'Ready', tone: 'good' },
	FAILED: { text: 'Failed', tone: 'bad' },
	CANCELLED: { text: 'Cancelled', tone: '' }
};
const UNDER_WAY = ['WAITING', 'RESOLVING', 'DOWNLOADING', 'VERIFYING'];
const OUTCOMES = { DOWNLOADED: 'Downloaded', CACHED: 'Found in the cache', ADOPTED: 'Adopted from another tool' };
const MIRROR_STATES = { ACTIVE: 'active', FAILING: 'failing', IDLE: 'done' };
// The other actions change the state.
const DONE = { evict: 'The file was removed at ', verify: 'Verify was requested at ', refresh: 'Refresh was requested at ' };
const EXAMPLES = ['ls -la /var/log', 'git clone https://example.com/app.git', 'UPDATE users SET name = \'x\'', 'kubectl delete pod web-0', 'docker stop web', 'find . -name "*.tmp" | xargs rm'];

function amount(bytes) {
	if (bytes < 1000) {
		return bytes + ' B';
	}
	const units = ['kB', 'MB', 'GB', 'TB'];
	let value = bytes / 1000;
	let unit = 0;
	while (value >= 999.95 && unit < units.length - 1) {
		value /= 1000;
		unit++;
	}
	return value.toFixed(1) + ' ' + units[unit];
}

function duration(seconds) {
	const whole = Math.ceil(seconds);
	if (whole < 60) {
		return whole + ' s';
	}
	const minutes = Math.floor(whole / 60);
	return minutes < 60 ? minutes + ' min ' + whole % 60 + ' s' : Math.floor(minutes / 60) + ' h ' + minutes % 60 + ' min';
}

const count = (number) => number.toLocaleString('en');
const clockTime = (instant) => new Date(instant).toLocaleTimeString('en-GB');

function element(name, className, text) {
	const made = document.createElement(name);
	if (className) {
		made.className = className;
	}
	if (text !== undefined) {
		made.textContent = text;
	}
	return made;
}

// Screen readers announce each change of a text, so an equal one is not set again.
function say(where, text) {
	const value = text === undefined || text === null ? '' : String(text);
	if (where.textContent !== value) {
		where.textContent = value;
	}
}

async function send(path, options) {
	const response = await fetch(path, options);
	if (!response.ok) {
		const body = await response.json().catch(() => ({}));
		throw new Error(body.error || 'The application answered ' + response.status + '.');
	}
	return response.status === 200 ? response.json() : undefined;
}

class ModelCard {

	constructor(id) {
		this.id = id;
		this.root = byId('model-template').content.firstElementChild.cloneNode(true);
		this.parts = {};
		this.root.querySelectorAll('[data-part]').forEach((part) => { this.parts[part.dataset.part] = part; });
		this.bar = this.root.querySelector('.bar');
		this.graph = this.root.querySelector('.graph');
		this.samples = [];
		this.root.dataset.model = id;
		const title = this.root.querySelector('h2');
		title.textContent = id;
		title.id = 'model-' + document.querySelectorAll('.model').length;
		this.root.setAttribute('aria-labelledby', title.id);
		this.bar.setAttribute('aria-label', 'Progress of ' + id);
		this.root.querySelector('.actions').setAttribute('aria-label', 'Actions on ' + id);
		this.root.querySelector('.graph svg').setAttribute('aria-label', 'Speed of the download of ' + id);
		this.root.querySelector('.attempts').setAttribute('aria-label', 'Attempts to download ' + id);
		this.root.addEventListener('click', (event) => {
			const action = event.target.dataset && event.target.dataset.action;
			if (action) {
				this.act(action);
			}
		});
	}

	async act(action) {
		if (action === 'copy') {
			return this.copy();
		}
		if (action === 'evict' && !await confirmed(this.id)) {
			return;
		}
		const url = 'actuator/modelcache/' + encodeURIComponent(this.id);
		try {
			await send(url, action === 'evict' ? { method: 'DELETE' } : {
				method: 'POST',
				headers: { 'Content-Type': 'application/json' },
				body: JSON.stringify({ action })
			});
			this.tell(DONE[action] ? DONE[action] + clockTime(Date.now()) + '.' : '');
		} catch (problem) {
			this.tell(problem.message);
		}
	}

	async copy() {
		const button = this.parts.digest.querySelector('button');
		const code = this.parts.digest.querySelector('code');
		try {
			await navigator.clipboard.writeText(code.textContent);
			say(button, 'Copied');
		} catch (problem) {
			// Without permission, the digest is selected, to be copied by hand.
			getSelection().selectAllChildren(code);
			say(button, 'Selected');
		}
		setTimeout(() => say(button, 'Copy'), 2000);
	}

	tell(text) {
		this.parts.result.hidden = !text;
		say(this.parts.result, text);
	}

	update(model) {
		const state = STATES[model.state] || { text: model.state, tone: '' };
		if (this.state !== model.state) {
			if (this.state) {
				say(byId('news'), this.id + ': ' + state.text);
			}
			this.state = model.state;
			this.root.dataset.state = model.state;
			if (model.state !== 'ABSENT') {
				this.tell('');
			}
		}
		say(this.parts.state, state.text);
		this.parts.state.dataset.tone = state.tone;
		this.parts.fallback.hidden = !model.fallback;
		say(this.parts.source, model.source);
		this.showProgress(model, state);
		this.showOwner(model.owner);
		this.showProblem(model);
		this.showMirrors(model.mirrors || []);
		this.showAttempts(model.attempts || []);
		this.showFacts(model.facts);
		const busy = UNDER_WAY.includes(model.state);
		const usable = { ensure: !busy && model.state !== 'READY', verify: model.state === 'READY', refresh: model.state === 'READY', cancel: busy || (model.state === 'FAILED' && Boolean(model.nextAttempt)), evict: model.state !== 'ABSENT' };
		this.root.querySelectorAll('.actions button').forEach((button) => { button.disabled = !usable[button.dataset.action]; });
	}

	showProgress(model, state) {
		const progress = model.progress || {};
		const percent = model.state === 'READY' && !model.progress ? 100 : progress.percent;
		const busy = UNDER_WAY.includes(model.state);
		const shown = percent === undefined ? (busy ? 100 : 0) : percent;
		this.bar.dataset.tone = state.tone;
		this.bar.toggleAttribute('data-unknown', percent === undefined && busy);
		this.bar.firstElementChild.style.width = percent === undefined && busy ? '' : shown + '%';
		if (percent === undefined) {
			this.bar.removeAttribute('aria-valuenow');
		} else {
			this.bar.setAttribute('aria-valuenow', Math.floor(percent));
		}
		this.bar.setAttribute('aria-valuetext', state.text + (percent === undefined ? '' : ', ' + Math.floor(percent) + ' %'));
		const downloading = model.progress && model.state !== 'READY';
		say(this.parts.percent, downloading && percent !== undefined ? Math.floor(percent) + ' %' : '');
		say(this.parts.amount, model.progress ? amount(progress.bytes)
			+ (progress.totalBytes === undefined ? '' : ' of ' + amount(progress.totalBytes)) : '');
		say(this.parts.speed, progress.bytesPerSecond ? amount(progress.bytesPerSecond) + '/s' : '');
		say(this.parts.eta, progress.etaSeconds && progress.bytesPerSecond ? duration(progress.etaSeconds) + ' left' : '');
		this.draw(model);
	}

	draw(model) {
		const now = performance.now() / 1000;
		if (model.state === 'DOWNLOADING' && model.progress) {
			// Two events may come at once.
			const last = this.samples[this.samples.length - 1];
			if (!last || now - last.at >= 0.1) {
				this.samples.push({ at: now, speed: model.progress.bytesPerSecond });
			}
		} else if (model.state === 'RESOLVING') {
			this.samples = [];
		}
		while (this.samples.length && now - this.samples[0].at > SVG_SECONDS && model.state === 'DOWNLOADING') {
			this.samples.shift();
		}
		this.graph.hidden = this.samples.length < 3;
		if (this.graph.hidden) {
			return;
		}
		const first = this.samples[0].at;
		const span = Math.max(this.samples[this.samples.length - 1].at - first, 1);
		const peak = Math.max(...this.samples.map((sample) => sample.speed), 1);
		const points = this.samples.map((sample) => (600 * (sample.at - first) / span).toFixed(1) + ' ' + (62 - 56 * sample.speed / peak).toFixed(1));
		this.graph.querySelector('.line').setAttribute('d', 'M' + points.join('L'));
		this.graph.querySelector('.area').setAttribute('d', 'M0 64L' + points.join('L') + 'V64Z');
		say(this.parts.peak, 'at most ' + amount(Math.round(peak)) + '/s, over ' + duration(span));
	}

	showOwner(owner) {
		this.parts.owner.hidden = !owner;
		if (owner) {
			const who = owner.own ? 'This application' : 'Process ' + owner.pid + ' on ' + owner.host;
			const what = owner.queued ? ' has been waiting for its turn to download since ' : ' has been working on it since ';
			say(this.parts.owner, who + what + clockTime(owner.since) + '.');
		}
	}

	showProblem(model) {
		const problem = model.problem;
		this.parts.problem.hidden = !problem;
		this.next = model.nextAttempt ? Date.parse(model.nextAttempt) : undefined;
		if (problem) {
			say(this.parts.code, problem.code);
			say(this.parts.message, problem.message);
			say(this.parts.action, problem.action);
			this.countDown();
		}
	}

	countDown() {
		const left = this.next === undefined ? undefined : (this.next - Date.now()) / 1000;
		say(this.parts.next, left === undefined ? '' : left > 0 ? 'Next attempt in ' + duration(left) + ', at ' + clockTime(this.next) + '.' : 'The next attempt is due.');
	}

	showMirrors(mirrors) {
		this.parts.mirrors.hidden = mirrors.length === 0;
		this.parts.mirrors.querySelector('ul').replaceChildren(...mirrors.map((mirror) => {
			const item = element('li');
			const badge = element('span', 'badge', MIRROR_STATES[mirror.state] || mirror.state);
			badge.dataset.tone = { ACTIVE: 'busy', FAILING: 'bad', IDLE: 'good' }[mirror.state] || '';
			item.append(element('span', 'host', mirror.host), element('span', 'speed', amount(mirror.bytesPerSecond) + '/s'), badge);
			if (mirror.failures > 0) {
				item.append(element('span', 'failures', mirror.failures === 1 ? '1 request failed' : count(mirror.failures) + ' requests failed'));
			}
			return item;
		}));
	}

	showAttempts(attempts) {
		this.parts.attempts.hidden = attempts.length === 0;
		const key = JSON.stringify(attempts);
		if (key === this.attemptsKey) {
			return;
		}
		this.attemptsKey = key;
		this.parts.attempts.querySelector('ol').replaceChildren(...attempts.slice().reverse().map((attempt) => {
			const item = element('li');
			const time = element('time', '', clockTime(attempt.at));
			time.dateTime = attempt.at;
			item.append(time, element('span', 'host', attempt.host), element('span', 'bytes', amount(attempt.bytes)));
			item.append(attempt.error ? element('span', 'error', attempt.error) : element('span', 'ok', 'complete'));
			return item;
		}));
	}

	showFacts(facts) {
		const format = facts && facts.format || {};
		const rows = facts ? [
			['Size', amount(facts.size)],
			['Format', format.type],
			['Architecture', format.architecture],
			['Name', format.name],
			['Quantization', format.quantization],
			['Parameters', format.parameters && count(format.parameters)],
			['Context', format.contextLength && count(format.contextLength) + ' tokens'],
			['Vocabulary', format.vocabularySize && count(format.vocabularySize) + ' tokens'],
			['License', format.license],
			['Outcome', OUTCOMES[facts.outcome] || facts.outcome],
			['Verified', facts.verified ? 'Yes, by its digest' : 'No digest was given'],
			['File', facts.path]
		] : [];
		this.root.querySelector('.facts').replaceChildren(...rows.filter(([, value]) => value).map(([name, value]) => {
			const row = element('div', name === 'File' ? 'wide' : '');
			row.append(element('dt', '', name), element('dd', '', value));
			return row;
		}));
		this.parts.about.hidden = !facts;
		this.parts.digest.hidden = !facts;
		if (facts) {
			say(this.parts.summary, [format.type, format.architecture, format.quantization, format.parameters && count(format.parameters) + ' parameters',
				amount(facts.size), facts.verified ? 'verified' : 'not verified'].filter(Boolean).join(' · '));
			say(this.parts.digest.querySelector('code'), facts.digest);
		}
	}

}

function confirmed(id) {
	const dialog = byId('confirm');
	say(byId('confirm-title'), 'Evict ' + id + '?');
	say(byId('confirm-text'), 'The file is deleted. A required model is downloaded again by the next health check, or by Ensure.');
	dialog.returnValue = 'no';
	dialog.showModal();
	return new Promise((resolve) => {
		dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
	});
}

const cards = new Map();

function connect() {
	const events = new EventSource('models/events');
	const connection = byId('connection');
	events.addEventListener('process', (event) => {
		const process = JSON.parse(event.data);
		connection.dataset.state = 'live';
		say(byId('connection-text'), 'Live from process ' + process.pid);
		byId('classifier').hidden = !process.classifier;
		byId('faults').hidden = !process.faults;
		if (process.faults) {
			listFaults();
		}
	});
	events.addEventListener('model', (event) => {
		const model = JSON.parse(event.data);
		let card = cards.get(model.id);
		if (!card) {
			card = new ModelCard(model.id);
			cards.set(model.id, card);
			byId('models').append(card.root);
		}
		card.update(model);
	});
	events.addEventListener('error', () => {
		connection.dataset.state = 'lost';
		say(byId('connection-text'), 'The application does not answer');
		if (events.readyState === EventSource.CLOSED) {
			setTimeout(connect, 2000);
		}
	});
	// A browser may keep a page that was left, and its stream is one of the six connections that it makes to a host.
	addEventListener('pagehide', () => events.close(), { once: true });
}

addEventListener('pageshow', (event) => {
	if (event.persisted) {
		connect();
	}
});

function setUpClassifier() {
	byId('examples').append(...EXAMPLES.map((text) => {
		const button = element('button', '', text);
		button.type = 'button';
		button.addEventListener('click', () => {
			byId('command').value = text;
			classify();
		});
		return button;
	}));
	byId('ask').addEventListener('submit', (event) => {
		event.preventDefault();
		classify();
	});
}

async function classify() {
	const asked = {
		method: 'POST',
		headers: { 'Content-Type': 'text/plain' },
		body: byId('command').value
	};
	byId('answer').hidden = false;
	let answer;
	try {
		answer = await (await fetch('classify', asked)).json();
	} catch (problem) {
		answer = {};
	}
	if (byId('command').value !== asked.body) {
		return;
	}
	const answered = answer.outcome === 'ANSWERED';
	say(byId('label'), answered ? answer.label : 'No answer');
	say(byId('latency'), answered ? 'in ' + answer.milliseconds.toFixed(1) + ' ms'
		: answer.outcome === 'TIMED_OUT' ? 'The model did not answer in time.'
			: answer.outcome === 'UNAVAILABLE' ? 'The model is not loaded yet. Try again when it is ready.'
				: 'The application does not answer, or is busy.');
	const scores = answered ? await fetch('classify/scores', asked).then((response) => response.ok ? response.json() : {}).catch(() => ({})) : {};
	if (byId('command').value === asked.body) {
		showScores(answer.label, scores);
	}
}

function showScores(label, scores) {
	byId('scores-hint').hidden = Object.keys(scores).length === 0;
	byId('scores').replaceChildren(...Object.entries(scores).flatMap(([name, score]) => {
		const best = name === label ? 'best' : '';
		const value = element('dd', best);
		const track = element('div', 'track');
		const bar = element('div');
		bar.style.width = 100 * score + '%';
		track.append(bar);
		value.append(track, element('span', 'share', Math.round(100 * score) + ' %'));
		return [element('dt', best, name), value];
	}));
}

async function listFaults() {
	const response = await fetch('faults').catch(() => undefined);
	if (!response || !response.ok) {
		return;
	}
	const buttons = new Map();
	byId('fault-list').replaceChildren(...(await response.json()).map((fault) => {
		const button = element('button');
		button.dataset.fault = fault.id;
		button.setAttribute('aria-pressed', fault.active);
		button.append(element('strong', '', fault.title), element('span', '', fault.description));
		button.addEventListener('click', () => play(fault, buttons));
		buttons.set(fault.id, button);
		const item = element('li');
		item.append(button);
		return item;
	}));
}

async function play(fault, buttons) {
	const note = byId('fault-note');
	say(note, '');
	try {
		const played = await send('faults/' + encodeURIComponent(fault.id), { method: 'POST', headers: { 'Content-Type': 'application/json' } });
		buttons.forEach((button, id) => button.setAttribute('aria-pressed', id === fault.id));
		if (played.link) {
			const link = element('a', '', played.link);
			link.href = played.link;
			link.target = '_blank';
			link.rel = 'noopener';
			note.replaceChildren('The second process starts. Its page: ', link);
		} else {
			document.querySelector('[data-model="large"]').scrollIntoView({ block: 'start' });
		}
	} catch (problem) {
		say(note, problem.message);
	}
}

setUpClassifier();
connect();
setInterval(() => cards.forEach((card) => card.countDown()), 1000);
